// How fast the homeserver lets the bot speak, learnt from its own refusals.
// Place: the api, one per kind of limit (messages, room creation, invitations). Pure apart from its lock: the time is an argument.
// Homeservers differ by a factor of a thousand (Synapse's default is 12 messages a minute after a burst of 10; an administrator may lift it, an
// application service has none) and do not tell; so nothing is held back until the first refusal, and from then on what it said is kept to.
#pragma once

#include "bot/env.hpp"
#include "bot/mutex.hpp"

namespace matrix {

class Pace {
 public:
  /// `fixed_per_minute` > 0: the operator knows the limit; burst 10.
  explicit Pace(int fixed_per_minute = 0);
  /// Zero: go ahead. Otherwise how long to wait before asking again.
  bot::Millis take(bot::Time now);
  /// The homeserver asked to wait.
  void refused(bot::Millis wait, bot::Time now);

 private:
  bot::Mutex mutex_;
  const bot::Millis fixed_;                 ///< between two; 0: learnt
  bot::Millis between_{0};                  ///< learnt; 0: no limit met
  bot::Time last_refusal_{};
  bot::Time paused_until_{};
  double tokens_ = 10;
  bot::Time at_{};
};

}  // namespace matrix
