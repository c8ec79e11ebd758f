// /sync of a plain account: one long poll after the other, gaps filled from the rooms' history.
// Threads: one loop. Owns its own HTTP client, since a poll lasts longer than any other call.
#include <algorithm>

#include "bot/log.hpp"
#include "integrations/matrix/event_source.hpp"
#include "integrations/matrix/gaps.hpp"
#include "integrations/matrix/sync_answer.hpp"

namespace matrix {
namespace {

constexpr const char* kNextBatch = "matrix/next_batch";
constexpr const char* kHeardAt = "matrix/heard_at";
constexpr bot::Millis kPoll{30000}, kPollDeadline{90000}, kBrief{10000};
constexpr bot::Millis kLongestPause{60000}, kAbsence{60000}, kKeepIdle{60000}, kOwed{2000};
constexpr int kMostEvents = 50;
constexpr std::size_t kUnkept = 200;  ///< batches whose answers are still owed; beyond that no new ones are taken

class Sync final : public EventSource {
 public:
  explicit Sync(SourceParts parts)
      : on_(parts.grounds), poll_(std::move(parts.poll)), api_(on_.settings.matrix, *poll_.client, on_.env.clock, on_.api.shared_homeserver()), line_(on_, parts.intake),
        gaps_(on_, line_, [this](const std::string& room, std::vector<Event>& events, const std::shared_ptr<Batch>& batch) { return carry_out(room, events, batch); }),
        loop_("matrix-sync", [this] { return step(); }) {}
  ~Sync() override { stop(); }

  bot::Status start() override {
    {
      bot::Lock lock(mutex_);  // hearing() is asked from the first request on
      heard_ = on_.env.clock.monotonic();
    }
    on_.chores.on_done = [this] { loop_.wake(); };
    on_.chores.start();
    line_.enter_rooms();
    loop_.start();
    return bot::Done{};
  }

  void stop() override {
    line_.stop();
    if (poll_.hang_up) poll_.hang_up();
    loop_.stop();
    on_.chores.stop();
  }

  Hearing hearing() const override {
    bot::Lock lock(mutex_);
    const bot::Millis silence = problem_.empty() ? bot::Millis{0} : on_.env.clock.monotonic() - heard_;
    return {problem_.empty() && begun_, problem_, silence};
  }

 private:
  bot::Millis step() {
    if (line_.stopping()) return kLongestPause;
    if (!since_read_ && !read_since()) return bot::Millis{1000};
    if (auto problem = on_.api.learn_self(Budget(on_.env.clock, kBrief, kBrief))) return failed(*problem);
    const bot::Millis next = go_on();
    if (line_.stopping()) return kLongestPause;
    nlohmann::json raw;
    if (auto problem = poll(raw, std::min(kPoll, next))) return failed(*problem);
    const bot::Time now = on_.env.clock.now();
    SyncAnswer answer = read_sync(raw, on_.settings.matrix.user_id, now);
    if (answer.next_batch.empty()) return failed({Outcome::doubtful, "", "the answer to /sync is not a homeserver's; check matrix.homeserver_url", {}, 200});
    raw = nullptr;
    if (recovering_) only_new(answer);
    if (since_.empty() && !recovering_) first(answer);
    else if (!follow(answer)) return kLongestPause;  // stopped
    heard(now);
    since_ = answer.next_batch;
    recovering_ = false;
    const bool idle = on_.env.clock.monotonic() - kept_ > kKeepIdle;
    if (idle) kept_ = on_.env.clock.monotonic();
    line_.keep_place(idle);
    // Answers that the homeserver does not take hold the place; it must not fall behind without bound.
    return line_.unkept() > kUnkept ? bot::Millis{1000} : bot::Millis{0};
  }

  bool read_since() {
    const auto since = on_.reader.adapter_state(kNextBatch);
    const auto heard_at = on_.reader.adapter_state(kHeardAt);
    if (!since || !heard_at || !line_.load_kept()) return false;
    since_ = since->value_or("");
    bot::Time at;
    // What was said while Muster was down is read now; the incidents' rooms hear how long that was.
    if (!since_.empty() && *heard_at && bot::parse_iso8601(**heard_at, at)) away_since_ = at;
    since_read_ = true;
    return true;
  }

  std::optional<Problem> poll(nlohmann::json& raw, bot::Millis longest) {
    Ask ask{"GET", {"v3", "sync"}, {{"filter", sync_filter(most_events_)}, {"set_presence", "offline"}}, "the question for news"};
    // The first answer after a failure should come at once: it says what was missed.
    const bool at_once = since_.empty() || failures_ > 0 || away_since_;
    ask.query.emplace_back("timeout", at_once ? "0" : std::to_string(longest.count()));
    if (!since_.empty()) ask.query.emplace_back("since", since_);
    ask.answer_cap = 8u << 20;
    auto problem = api_.call(ask, nullptr, Budget(on_.env.clock, kPollDeadline, kPollDeadline), raw);
    // A homeserver that lost its database does not know where we were. Dedup keys keep what is heard twice from happening twice.
    if (problem && problem->outcome == Outcome::refused && !since_.empty()) {
      bot::log(bot::LogLevel::warning, "matrix_since_refused", {{"why", problem->words}});
      since_.clear();
      recovering_ = true;
    }
    return problem;
  }

  /// No place is known: only what comes from now on is done. Open invitations are no old news.
  void first(const SyncAnswer& answer) {
    const auto batch = std::make_shared<Batch>();
    for (const auto& [room, inviter] : answer.invited) line_.conversation().invited(room, inviter, batch);
    for (const auto& room : answer.joined)
      if (room.encrypted) line_.conversation().found_encrypted(room.room, batch);
    line_.reached(batch, place(answer.next_batch));
    line_.keep_place(true);
  }

  /// The place was lost: of what the rooms hold, that which was said since Muster last heard anything is read; their histories have the rest.
  void only_new(SyncAnswer& answer) const {
    const bot::Time from = away_since_.value_or(heard_wall_.value_or(on_.env.clock.now())) - kAbsence;
    for (auto& room : answer.joined) {
      room.limited = room.limited && !room.events.empty() && room.events.front().at >= from;
      std::erase_if(room.events, [&](const Event& event) { return event.at < from; });
    }
  }

  bool follow(SyncAnswer& answer) {
    const auto batch = std::make_shared<Batch>();
    for (auto& room : answer.joined) {
      for (const auto& [user, name] : room.names) line_.conversation().remember_name(user, name);
      if (room.encrypted) line_.conversation().found_encrypted(room.room, batch);
      const std::size_t entrance = own_entrance(room.events, on_.settings.matrix.user_id);
      if (entrance > 0) room.events.erase(room.events.begin(), room.events.begin() + static_cast<std::ptrdiff_t>(entrance));
      const bool entered = !room.events.empty() && own_entered(room.events.front());
      if (!take_news(room, entered, batch)) return false;
    }
    for (const auto& [room, inviter] : answer.invited) line_.conversation().invited(room, inviter, batch);
    for (const auto& room : answer.left) {
      on_.api.homeserver().forget_room(room);
      gaps_.forget(room);
    }
    if (away_since_) tell_absence();
    line_.reached(batch, place(answer.next_batch));
    return true;
  }

  bool take_news(RoomNews& room, bool entered, const std::shared_ptr<Batch>& batch) {
    if (room.limited && !entered) {
      gaps_.open(room, batch, {since_, away_since_.value_or(heard_wall_.value_or(on_.env.clock.now())), recovering_});
      return gaps_.read(room.room);
    }
    return gaps_.keeps(room) || carry_out(room.room, room.events, batch);
  }

  bool carry_out(const std::string& room, std::vector<Event>& events, const std::shared_ptr<Batch>& batch) {
    if (away_since_) count_missed(room, events);
    return line_.take(events, batch);
  }

  bool own_entered(const Event& event) const {
    return event.is("m.room.member") && event.state_key == on_.settings.matrix.user_id && event.membership() == "join" && event.membership_before() != "join";
  }

  std::vector<bot::AdapterState> place(const std::string& next_batch) const {
    return {{kNextBatch, next_batch}, {kHeardAt, bot::iso8601(on_.env.clock.now())}};
  }

  /// What waits for the homeserver goes on when it is due. Answers when the next is.
  bot::Millis go_on() {
    const bot::Millis held = line_.read_held(), gaps = gaps_.go_on();
    line_.keep_place(false);
    // Nothing ends a poll when the last chore is done; the place is kept after a brief one.
    return std::min({held, gaps, line_.owes() ? kOwed : kPoll});
  }

  void count_missed(const std::string& room, const std::vector<Event>& events) {
    const auto incident = line_.conversation().incident_of(room);
    if (!incident) return;
    for (const auto& event : events)
      if (event.is("m.room.message") && event.sender != on_.settings.matrix.user_id && event.at > *away_since_) ++missed_[*incident];
  }

  void tell_absence() {
    const bot::Time now = on_.env.clock.now();
    if (now - *away_since_ > kAbsence) line_.tell_absence(*away_since_, now, missed_);
    away_since_.reset();
    missed_.clear();
  }

  void heard(bot::Time now) {
    failures_ = 0;
    most_events_ = std::min(kMostEvents, most_events_ * 2);
    heard_wall_ = now;
    bot::Lock lock(mutex_);
    heard_ = on_.env.clock.monotonic();
    problem_.clear();
    begun_ = true;
  }

  bot::Millis failed(const Problem& problem) {
    if (line_.stopping()) return kLongestPause;
    ++on_.heard.failures;
    if (failures_ == 0) bot::log(bot::LogLevel::warning, "matrix_not_heard", {{"why", problem.words}});
    {
      bot::Lock lock(mutex_);
      problem_ = problem.words;
    }
    line_.keep_place(false);
    if (problem.outcome == Outcome::waits) {
      ++failures_;
      return std::clamp(problem.after.value_or(bot::Millis{1000}), bot::Millis{200}, kLongestPause);
    }
    return pause_after_failure();
  }

  /// 1, 2, 4 … 60 s, less a random part so that a crowd of bots does not come back at once.
  bot::Millis pause_after_failure() {
    // An answer that never arrives whole may simply be too large: ask for less.
    if (++failures_ > 1) most_events_ = std::max(1, most_events_ / 2);
    if (!away_since_ && heard_wall_) away_since_ = heard_wall_;
    const bot::Millis whole = std::min(kLongestPause, bot::Millis{1000} * (1 << std::min(failures_ - 1, 6)));
    return whole - bot::Millis{static_cast<std::int64_t>(on_.env.random.next() % static_cast<std::uint64_t>(whole.count() / 4 + 1))};
  }

  Grounds on_;
  PollClient poll_;
  Api api_;  ///< the same homeserver through the poll's own client
  IntakeLine line_;
  std::string since_;
  bool since_read_ = false, recovering_ = false;
  std::map<std::int64_t, int> missed_;  ///< by incident, of the absence that is being read up
  Gaps gaps_;
  int failures_ = 0, most_events_ = kMostEvents;
  std::optional<bot::Time> away_since_, heard_wall_;
  bot::Millis kept_{0};
  mutable bot::Mutex mutex_;
  bot::Millis heard_ GUARDED_BY(mutex_){0};
  std::string problem_ GUARDED_BY(mutex_);
  bool begun_ GUARDED_BY(mutex_) = false;
  bot::Loop loop_;
};

}  // namespace

std::unique_ptr<EventSource> make_sync_source(SourceParts parts) { return std::make_unique<Sync>(std::move(parts)); }

}  // namespace matrix
