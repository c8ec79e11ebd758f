// What becomes of a message after an attempt or a look. Pure: the whole retry and doubt policy is here and nowhere else.
// Place: called by the Dispatcher; its result travels to the Coordinator as a SendOutcome.
#pragma once

#include "bot/sender.hpp"

namespace bot {

struct DeliveryRules {
  Millis first_backoff{1000};
  Millis longest_backoff{60000};
  Millis longest_page_backoff{15000};
  Millis look_after{3000};          ///< first look after a doubt
  Millis public_look_after{5500};   ///< the same where nothing may happen twice: vendors show what they took some seconds later
  Millis second_look_after{10500};  ///< between two looks of never_twice: ten seconds, whatever steps of the clock are too small to be noticed
  Millis credentials_wait{30000};   ///< token refused: the whole integration waits
};

/// Full-jitter exponential backoff; `chance` is 64 random bits.
Millis backoff(int attempts, Millis first, Millis longest, std::uint64_t chance);

/// State after `send` answered. REQUIRES: before.state == sending.
QueuedMessage after_send(const QueuedMessage& before, const SendResult& result, RepeatPolicy policy, Time now, std::uint64_t chance,
                         const DeliveryRules& rules = {});
/// State after `find` answered.
QueuedMessage after_find(const QueuedMessage& before, const FindResult& result, RepeatPolicy policy, Time now, std::uint64_t chance,
                         const DeliveryRules& rules = {});
/// True when the next action for a leased message is a look, not a send.
bool must_look(const QueuedMessage& leased, RepeatPolicy policy);

}  // namespace bot
