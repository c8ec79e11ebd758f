#include "integrations/slack/answer_in_time.hpp"

namespace slack {
namespace {
constexpr bot::Millis kTick{200};
}

void Answer::give(http::Response response) {
  if (given_.exchange(true)) return;
  exchange_->respond(std::move(response));
  exchange_.reset();
}

Deadlines::Deadlines(const bot::Clock& clock, bot::Millis limit, http::Response late)
    : clock_(clock), limit_(limit), late_(std::move(late)), loop_("slack-deadline", [this] { return answer_overdue(); }) {
  loop_.start();
}

std::shared_ptr<Answer> Deadlines::watch(std::shared_ptr<http::Exchange> exchange) {
  auto answer = std::make_shared<Answer>(std::move(exchange));
  const bot::Millis due = clock_.monotonic() + limit_;
  bot::Lock lock(mutex_);
  while (!watched_.empty() && watched_.front().answer->given()) watched_.pop_front();  // keeps it as short as what is under way
  watched_.push_back({answer, due});
  return answer;
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
  for (auto& one : overdue) one.answer->give(late_);
  return kTick;
}

}  // namespace slack
