#include "integrations/matrix/chores.hpp"

#include <algorithm>

#include "bot/log.hpp"

namespace matrix {
namespace {

constexpr bot::Millis kGiveUp{600000};  // an answer ten minutes late helps nobody
constexpr bot::Millis kEach{10000}, kLongest{30000};
constexpr std::size_t kMost = 2000;

}  // namespace

Chores::Chores(bot::Clock& clock) : clock_(clock), loop_("matrix-chores", [this] { return work(); }) {}

void Chores::add(Chore chore) {
  chore.added = clock_.monotonic();
  if (chore.batch) ++chore.batch->open;
  std::shared_ptr<Batch> dropped;
  {
    bot::Lock lock(mutex_);
    if (waiting_.size() >= kMost) dropped = chore.batch;
    else waiting_.push_back(std::move(chore));
  }
  if (dropped) --dropped->open;
  loop_.wake();
}

std::size_t Chores::waiting() const {
  bot::Lock lock(mutex_);
  return waiting_.size();
}

void Chores::finish_front() {
  std::shared_ptr<Batch> batch;
  {
    bot::Lock lock(mutex_);
    batch = std::move(waiting_.front().batch);
    waiting_.pop_front();
  }
  failures_ = 0;
  if (batch) --batch->open;
  if (on_done) on_done();
}

bot::Millis Chores::work() {
  Chore chore;
  {
    bot::Lock lock(mutex_);
    if (waiting_.empty()) return bot::Millis{60000};
    chore = waiting_.front();
  }
  const auto problem = chore.run(Budget(clock_, kEach, kEach));
  const bool over = !problem || problem->outcome == Outcome::refused || clock_.monotonic() - chore.added > kGiveUp;
  if (problem && over) bot::log(bot::LogLevel::warning, "matrix_chore_left", {{"what", chore.what}, {"why", problem->words}});
  if (over) {
    finish_front();
    return bot::Millis{0};
  }
  if (problem->outcome == Outcome::waits) return problem->after.value_or(bot::Millis{1000});
  return std::min(kLongest, bot::Millis{500} * (1 << std::min(failures_++, 6)));
}

}  // namespace matrix
