#include "integrations/matrix/chores.hpp"

#include <algorithm>

#include "bot/log.hpp"

namespace matrix {
namespace {

constexpr bot::Millis kGiveUp{600000};  // an answer ten minutes late helps nobody
constexpr bot::Millis kEach{10000}, kLongest{30000}, kIdle{60000};
constexpr std::size_t kMost = 2000;

}  // namespace

Chores::Chores(bot::Clock& clock) : clock_(clock), loop_("matrix-chores", [this] { return work(); }) {}

void Chores::add(Chore chore) {
  chore.added = clock_.monotonic();
  if (chore.batch) ++chore.batch->open;
  std::shared_ptr<Batch> dropped;
  {
    bot::Lock lock(mutex_);
    if (waiting_ >= kMost) {
      dropped = chore.batch;
    } else {
      ++waiting_;
      Line& line = lines_[chore.line];
      if (line.chores.empty()) line.next = chore.added;
      line.chores.push_back(std::move(chore));
    }
  }
  if (dropped) --dropped->open;
  loop_.wake();
}

std::size_t Chores::waiting() const {
  bot::Lock lock(mutex_);
  return waiting_;
}

std::optional<Chore> Chores::due(bot::Millis& until) {
  bot::Lock lock(mutex_);
  until = kIdle;
  const auto first = std::min_element(lines_.begin(), lines_.end(), [](const auto& a, const auto& b) { return a.second.next < b.second.next; });
  if (first == lines_.end()) return std::nullopt;
  until = std::clamp(first->second.next - clock_.monotonic(), bot::Millis{0}, kIdle);
  return until.count() > 0 ? std::nullopt : std::optional<Chore>(first->second.chores.front());
}

void Chores::finish_front(const std::string& line) {
  std::shared_ptr<Batch> batch;
  {
    bot::Lock lock(mutex_);
    const auto it = lines_.find(line);
    batch = std::move(it->second.chores.front().batch);
    it->second.chores.pop_front();
    --waiting_;
    if (it->second.chores.empty()) {
      lines_.erase(it);
    } else {
      it->second.next = clock_.monotonic();
      it->second.failures = 0;
    }
  }
  if (batch) --batch->open;
  if (on_done) on_done();
}

void Chores::put_off(const std::string& line, const Problem& problem) {
  bot::Lock lock(mutex_);
  Line& held = lines_[line];
  const bot::Millis wait = problem.outcome == Outcome::waits ? problem.after.value_or(bot::Millis{1000})
                                                             : std::min(kLongest, bot::Millis{500} * (1 << std::min(held.failures++, 6)));
  held.next = clock_.monotonic() + wait;
}

bot::Millis Chores::work() {
  bot::Millis until{0};
  const auto chore = due(until);
  if (!chore) return until;
  const auto problem = chore->run(Budget(clock_, kEach, kEach));
  const bool over = !problem || problem->outcome == Outcome::refused || clock_.monotonic() - chore->added > kGiveUp;
  if (problem && over) bot::log(bot::LogLevel::warning, "matrix_chore_left", {{"what", chore->what}, {"why", problem->words}});
  if (over) finish_front(chore->line);
  else put_off(chore->line, *problem);
  return bot::Millis{0};
}

}  // namespace matrix
