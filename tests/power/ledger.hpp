// What the store has said it recorded, kept beside it as plain maps, and the comparison with what is really on the disk.
// Place: SpyStore feeds it on every answer of the store; a power-cut run compares after every reopening.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bot/store.hpp"

namespace power {

struct EntryKept {
  bot::Hash hash{};
  bool has_text = true;
  friend bool operator==(const EntryKept&, const EntryKept&) = default;
};
struct MessageKept {
  std::string lane, supersedes, boot, content;
  std::int64_t incident = 0;
  bot::MessageState state = bot::MessageState::queued;
  int attempts = 0, deaths = 0;
  bot::Time created{}, deadline{};
  bool may_be_gone = false;  ///< a purge was allowed to take it
  bool redacted = false;     ///< a redaction may have taken words out of it
};
struct KeyKept {
  std::string reply;
  std::optional<std::int64_t> incident;
  bot::Time at{};
  bool may_be_gone = false, redacted = false;
};

/// The durable state as far as promises are made about it.
struct State {
  std::map<std::pair<std::int64_t, std::int64_t>, EntryKept> entries;
  std::map<std::string, MessageKept> messages;
  std::vector<std::string> order;  ///< messages as they were committed
  std::map<std::string, KeyKept> keys;
  std::map<std::string, std::string> timers;      ///< id → the rest, in words
  std::map<std::string, std::string> alerts;      ///< identity → the rest, in words
  std::map<std::string, std::int64_t> groups;     ///< of alerts → incident
  std::map<std::string, std::string> references;  ///< "incident/integration/what" → id
  std::map<std::string, std::string> people;      ///< id → the whole person
  std::map<std::string, std::string> adapters;    ///< what adapters keep: key → value
  std::map<std::string, std::string> invites;     ///< token → person; none expires while this runs
  std::map<std::string, std::string> sessions;

  void add(const bot::Changes& changes);
  void redact(const std::pair<std::int64_t, std::int64_t>& entry);
  void leased(const std::vector<bot::QueuedMessage>& messages, const bot::LeaseQuery& query);
  void purged(bot::Time before);

 private:
  bool supersede(const bot::Message& by);
};

/// The call that was under way when the power went, and had not been answered.
struct Unanswered {
  std::optional<State> after_commit;     ///< the state if a commit did reach the disk
  std::optional<bot::LeaseQuery> lease;
  bool certainly_not = false;            ///< it was answered "not recorded"
  bool open() const { return (after_commit || lease) && !certainly_not; }
};

/// What is asked for by name, because the disk has only its hash.
struct Asked { std::set<std::string> keys, invites, sessions; };

/// What really is on the disk, read past the store with SQL. What has no name there is asked of the store and its credentials.
State read_disk(const std::string& file, bot::Store& store, bot::Credentials& credentials, const Asked& asked);
/// Faults of the outbox's own bookkeeping and of the file, in words.
std::vector<std::string> inconsistencies(const std::string& file);
/// Where `disk` is not what `said` promises; empty: it is.
std::vector<std::string> differences(const State& said, const State& disk, const std::optional<bot::LeaseQuery>& lease);

/// Passes everything on to the real store and notes what it answers.
class SpyStore : public bot::Store {
 public:
  SpyStore(bot::Store& real, State& said, Unanswered& unanswered) : real_(real), said_(said), unanswered_(unanswered) {}
  bot::Result<bot::Loaded> load(const bot::LoadQuery& query) override { return real_.load(query); }
  bot::Status commit(std::vector<bot::Changes>& batch) override;
  bot::Result<std::vector<bot::QueuedMessage>> lease(const bot::LeaseQuery& query) override;
  bot::Result<std::optional<bot::Time>> next_due() override { return real_.next_due(); }
  bot::Result<std::vector<bot::Timer>> due_timers(bot::Time now, int limit) override { return real_.due_timers(now, limit); }
  bot::Result<std::optional<bot::Time>> next_timer() override { return real_.next_timer(); }
  bot::Status shift_due(bot::Millis by, const std::string& timer_kind) override { return real_.shift_due(by, timer_kind); }
  bot::Result<bool> purge(bot::Time before) override;
  bot::Status maintain() override { return real_.maintain(); }

  // The credentials beside it.
  bot::Status add_invite(bot::Credentials& real, const std::string& token, const std::string& person);
  bot::Status redeem_invite(bot::Credentials& real, const std::string& token, const std::string& session);
  bot::Status end_session(bot::Credentials& real, const std::string& session);
  bot::Status put_person(bot::Credentials& real, const bot::Person& person);

  std::int64_t commits = 0;

 private:
  bot::Status note(State after, bot::Status done);
  bot::Store& real_;
  State& said_;
  Unanswered& unanswered_;
};

}  // namespace power
