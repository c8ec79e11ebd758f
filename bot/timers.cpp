#include "bot/timers.hpp"

#include <algorithm>

namespace bot {
namespace {
constexpr Millis kLongestIdle{1000};
constexpr int kAtOnce = 100;
}  // namespace

Timers::Timers(Store& store, Intake& intake, Env env, Time overdue_from)
    : store_(store), intake_(intake), env_(env), made_(env.clock.now()), made_at_(env.clock.monotonic()), overdue_from_(overdue_from) {}

int Timers::run_once() {
  const Time now = env_.clock.now();
  auto due = store_.due_timers(now, kAtOnce);
  if (!due) return 0;
  int submitted = 0;
  for (auto& timer : *due) {
    if (waits(timer)) continue;
    {
      Lock lock(mutex_);
      auto [it, fresh] = in_flight_.try_emplace(timer.id, timer.due);
      if (!fresh) continue;
    }
    Request request;
    request.cls = RequestClass::paging;
    request.caller = Caller{ActorKind::muster, "muster", "muster", "Muster", {}};
    request.dedup_keys = {"timer:" + timer.id + ":" + std::to_string(timer.due.time_since_epoch().count())};
    request.received = now;
    const std::string id = timer.id;
    request.body = TimerDue{std::move(timer)};
    intake_.submit(std::move(request), [this, id](const Reply&) {
      Lock lock(mutex_);
      in_flight_.erase(id);
    });
    ++submitted;
  }
  return submitted;
}

Millis Timers::idle_time() {
  const Time now = env_.clock.now();
  auto next = store_.next_timer();
  if (!next || !*next) return kLongestIdle;
  const Millis wait = **next <= made_ ? std::max(**next - now, left_to_wait()) : **next - now;
  return std::clamp(wait, Millis{10}, kLongestIdle);
}

}  // namespace bot
