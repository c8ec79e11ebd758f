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
  Time now;
  std::vector<Timer> due;
  const auto look = [&](Time at) -> Status {
    now = at;
    auto found = store_.due_timers(now, kAtOnce);
    if (!found) return found.error();
    due = *std::move(found);
    std::erase_if(due, [this](const Timer& timer) { return waits(timer); });
    return Done{};
  };
  if (!(watch_ != nullptr ? watch_->with_time(look) : look(env_.clock.now()))) return 0;
  int submitted = 0;
  for (auto& timer : due) {
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
  const Millis wait = **next <= made() ? std::max(**next - now, left_to_wait()) : **next - now;
  return std::clamp(wait, Millis{10}, kLongestIdle);
}

}  // namespace bot
