#include "integrations/slack/answer_in_time.hpp"

namespace slack {
namespace {
constexpr bot::Millis kTick{200};
}

bool Acknowledgement::give(Body body) {
  if (given_.exchange(true)) return false;
  answer_(std::move(body));
  answer_ = nullptr;
  return true;
}

Deadlines::Deadlines(const bot::Clock& clock, bot::Millis limit)
    : clock_(clock), limit_(limit), loop_("slack-deadline", [this] { return answer_overdue(); }) {
  loop_.start();
}

std::shared_ptr<Acknowledgement> Deadlines::watch(Answer answer, Body late) {
  auto watched = std::make_shared<Acknowledgement>(std::move(answer));
  const bot::Millis due = clock_.monotonic() + limit_;
  bot::Lock lock(mutex_);
  while (!watched_.empty() && watched_.front().answer->given()) watched_.pop_front();  // keeps it as short as what is under way
  watched_.push_back({watched, std::move(late), due});
  return watched;
}

bot::Millis Deadlines::answer_overdue() {
  std::deque<Watched> overdue;
  {
    const bot::Millis now = clock_.monotonic();
    bot::Lock lock(mutex_);
    while (!watched_.empty() && (watched_.front().due <= now || watched_.front().answer->given())) {
      overdue.push_back(std::move(watched_.front()));
      watched_.pop_front();
    }
  }
  for (auto& one : overdue) one.answer->give(std::string(one.late));  // drawn here: whoever sends it may outlive what draws
  return kTick;
}

}  // namespace slack
