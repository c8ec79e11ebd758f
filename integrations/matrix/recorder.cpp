#include "integrations/matrix/recorder.hpp"

#include <optional>

namespace matrix {
namespace {

constexpr bot::Millis kAgain{1000};
constexpr int kTellAfter = 5;        // rounds
constexpr int kQueryRounds = 3;      // a question is answered "cannot read" rather than kept for ever

bool not_recorded(const bot::Reply& reply) { return reply.status == bot::ReplyStatus::unavailable || reply.status == bot::ReplyStatus::maybe_recorded; }

}  // namespace

/// Outlives the call when the Coordinator answers after stop().
struct Recorder::Round {
  bot::Mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<bot::Reply>> replies GUARDED_BY(mutex);
  std::size_t open GUARDED_BY(mutex) = 0;
  bool stopped GUARDED_BY(mutex) = false;
};

bool Recorder::submit(const std::vector<Asked>& asked, const std::shared_ptr<Round>& round) {
  for (std::size_t i = 0; i < asked.size(); ++i)
    intake_.submit(asked[i].request, [shared = round, i](bot::Reply reply) {
      bot::Lock lock(shared->mutex);
      shared->replies[i] = std::move(reply);
      if (--shared->open == 0) shared->changed.notify_all();
    });
  bot::Lock lock(round->mutex);
  round->changed.wait(lock.native(), [&]() REQUIRES_LOCK(round->mutex) { return round->open == 0 || round->stopped; });
  return round->open == 0;
}

bool Recorder::pause(bot::Millis time) {
  bot::Lock lock(mutex_);
  changed_.wait_for(lock.native(), time, [this]() REQUIRES_LOCK(mutex_) { return stopping_; });
  return !stopping_;
}

bool Recorder::record(std::vector<Asked> asked, const Answered& answered, const std::function<void(const Origin&)>& delayed) {
  for (int rounds = 1; !asked.empty(); ++rounds) {
    auto round = std::make_shared<Round>();
    // Once something was not recorded the rest goes in one by one: what came later must not overtake it.
    std::vector<Asked> later;
    if (rounds > 1) {
      later.assign(std::make_move_iterator(asked.begin() + 1), std::make_move_iterator(asked.end()));
      asked.resize(1);
    }
    {
      bot::Lock lock(round->mutex);
      round->replies.resize(asked.size());
      round->open = asked.size();
    }
    {
      bot::Lock lock(mutex_);
      if (stopping_) return false;
      round_ = round;
    }
    if (!submit(asked, round)) return false;
    std::vector<std::optional<bot::Reply>> replies;
    {
      bot::Lock lock(round->mutex);
      replies = std::move(round->replies);
    }
    std::vector<Asked> again;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const bot::Reply& reply = *replies[i];
      if (not_recorded(reply) && !(asked[i].origin.query && rounds >= kQueryRounds)) again.push_back(std::move(asked[i]));
      else answered(asked[i].origin, reply);
    }
    if (rounds == kTellAfter)
      for (const auto& one : again) delayed(one.origin);
    const bool held_up = !again.empty();
    again.insert(again.end(), std::make_move_iterator(later.begin()), std::make_move_iterator(later.end()));
    asked = std::move(again);
    if (held_up && !pause(kAgain)) return false;
  }
  return true;
}

void Recorder::stop() {
  bot::Lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  if (!round_) return;
  bot::Lock inner(round_->mutex);
  round_->stopped = true;
  round_->changed.notify_all();
}

}  // namespace matrix
