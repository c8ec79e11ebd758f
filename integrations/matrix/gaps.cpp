#include "integrations/matrix/gaps.hpp"

#include <algorithm>

#include "bot/log.hpp"

namespace matrix {
namespace {

constexpr bot::Millis kHistory{12000}, kLongestGap{3600000}, kLongestStep{60000}, kLongestWait{600000}, kIdle{60000};
constexpr bot::Millis kClocksApart{60000};  // events carry their senders' servers' time
constexpr int kPage = 100, kPages = 20;
constexpr std::size_t kMostWaiting = 5000;  // events that came after a gap

}  // namespace

void Gaps::open(RoomNews& room, const std::shared_ptr<Batch>& batch, const Beginning& beginning) {
  ++on_.heard.gaps;
  const auto [it, fresh] = gaps_.try_emplace(room.room);
  Gap& gap = it->second;
  if (fresh) {
    ++batch->open;
    gap.batch = batch;
    gap.beginning = beginning;
    gap.began = on_.env.clock.monotonic();
  }
  // A second one while the first is open: all from the first's beginning is read anew.
  gap.query = {"b", room.prev_batch, gap.beginning.since, history_filter(), kPage};
  gap.older.clear();
  gap.newer = std::move(room.events);
  gap.pages = 0;
}

bool Gaps::read(const std::string& room) {
  Gap& gap = gaps_.at(room);
  for (; !gap.query.from.empty(); ++gap.pages) {
    if (gap.pages >= kPages || gap.newer.size() > kMostWaiting) return close(room, true);
    nlohmann::json page;
    if (const auto problem = on_.api.messages(room, gap.query, Budget(on_.env.clock, kHistory, kHistory), page)) {
      if (line_.stopping()) return false;
      const bool in_vain = problem->outcome == Outcome::refused || on_.env.clock.monotonic() - gap.began >= kLongestGap;
      if (in_vain) bot::log(bot::LogLevel::error, "matrix_gap_left", {{"room", room}, {"why", problem->words}});
      if (in_vain) return close(room, true);
      put_off(gap, room, *problem);
      return true;
    }
    gap.failures = 0;
    add_history(gap, room, page);
  }
  return close(room, false);
}

bool Gaps::keeps(RoomNews& room) {
  const auto it = gaps_.find(room.room);
  if (it == gaps_.end()) return false;
  auto& newer = it->second.newer;
  newer.insert(newer.end(), std::make_move_iterator(room.events.begin()), std::make_move_iterator(room.events.end()));
  return true;
}

bot::Millis Gaps::go_on() {
  std::vector<std::string> due;
  for (const auto& [room, gap] : gaps_)
    if (gap.next <= on_.env.clock.monotonic()) due.push_back(room);
  for (const auto& room : due)
    if (!read(room)) break;
  bot::Millis next = kIdle;
  for (const auto& [room, gap] : gaps_) next = std::min(next, std::max(bot::Millis{200}, gap.next - on_.env.clock.monotonic()));
  return next;
}

void Gaps::forget(const std::string& room) {
  const auto it = gaps_.find(room);
  if (it == gaps_.end()) return;
  --it->second.batch->open;
  gaps_.erase(it);
}

void Gaps::put_off(Gap& gap, const std::string& room, const Problem& problem) {
  ++on_.heard.failures;
  if (gap.failures == 0) bot::log(bot::LogLevel::warning, "matrix_gap_waits", {{"room", room}, {"why", problem.words}});
  const bot::Millis step = std::min(kLongestStep, bot::Millis{1000} * (1 << std::min(gap.failures++, 6)));
  const bool told = problem.outcome == Outcome::waits && problem.after;
  gap.next = on_.env.clock.monotonic() + (told ? std::clamp(*problem.after, bot::Millis{200}, kLongestWait) : step);
}

void Gaps::add_history(Gap& gap, const std::string& room, const nlohmann::json& page) {
  bool all_before = gap.beginning.lost;
  for (const auto& raw : array_at(page, "chunk"))
    if (auto event = read_event(raw, room, on_.env.clock.now())) {
      const bool before = gap.beginning.lost && event->at < gap.beginning.heard - kClocksApart;
      all_before = all_before && before;
      if (!before) gap.older.push_back(std::move(*event));
    }
  gap.query.from = all_before ? "" : text_at(page, "end");
}

/// What was read is carried out. `left`: something before it was not, which the incident's room hears and its timeline keeps.
bool Gaps::close(const std::string& room, bool left) {
  const auto it = gaps_.find(room);
  Gap gap = std::move(it->second);
  gaps_.erase(it);
  std::reverse(gap.older.begin(), gap.older.end());
  gap.older.erase(gap.older.begin(), gap.older.begin() + static_cast<std::ptrdiff_t>(own_entrance(gap.older, on_.settings.matrix.user_id)));
  gap.older.insert(gap.older.end(), std::make_move_iterator(gap.newer.begin()), std::make_move_iterator(gap.newer.end()));
  if (left) {
    const bot::Time from = gap.beginning.heard, until = std::max(from, gap.older.empty() ? on_.env.clock.now() : gap.older.front().at);
    bot::log(bot::LogLevel::error, "matrix_gap_not_read", {{"room", room}, {"from", bot::iso8601(from)}, {"until", bot::iso8601(until)}});
    if (const auto incident = line_.conversation().incident_of(room)) line_.tell_gap(*incident, from, until);
  }
  if (!carry_out_(room, gap.older, gap.batch)) return false;
  --gap.batch->open;
  return true;
}

}  // namespace matrix
