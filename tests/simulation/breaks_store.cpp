// Breaks in how things are recorded.
#include "tests/simulation/wrappers.hpp"

namespace sim {

using namespace bot;

namespace {

struct SendsBeforeCommit : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (const auto& changes : batch)
      for (const auto& message : changes.messages) {
        const auto row = world_.disk.incident(message.incident).value();
        if (row) (void)world_.vendor(message.integration).send(message, SendContext{*row, none_, 1, {}});
      }
    return next_.commit(batch);
  }
  const std::vector<Reference> none_{};
};

struct DropsDedupKeys : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch) changes.dedup_keys.clear();
    return next_.commit(batch);
  }
};

/// Every message a lane of its own: nothing waits for anything.
struct SkipsLaneOrder : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch)
      for (auto& message : changes.messages) message.lane += "/" + message.id;
    return next_.commit(batch);
  }
};

struct LosesTimersAtRestart : PassingStore {
  LosesTimersAtRestart(Store& next, World& world) : PassingStore(next, world) {
    for (const auto& timer : world.disk.timers()) lost_.insert(timer.id);
  }
  Result<std::vector<Timer>> due_timers(Time now, int limit) override {
    auto due = next_.due_timers(now, limit);
    if (due) std::erase_if(*due, [this](const Timer& t) { return lost_.count(t.id) > 0; });
    return due;
  }
  std::set<std::string> lost_;
};

struct ForgetsTimers : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch)
      if (!changes.timers_done.empty()) changes.timers.clear();  // a step's timer is not set again after it fired
    return next_.commit(batch);
  }
};

struct KeepsRedactedTextInRow : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch)
      for (auto& row : changes.incidents)
        if (const auto before = world_.disk.incident(row.number).value(); before && !changes.redactions.empty()) {
          if (row.title == kRedacted) row.title = before->title;
          if (row.impact == kRedacted) row.impact = before->impact;
        }
    return next_.commit(batch);
  }
};

struct RedactsOnlyTheRow : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch) changes.redactions.clear();
    return next_.commit(batch);
  }
};

/// As if apply() knew nothing of one kind.
template <EntryKind kind>
struct FoldMisses : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch)
      for (const auto& e : changes.entries)
        if (e.kind == kind)
          for (auto& row : changes.incidents)
            if (const auto before = world_.disk.incident(row.number).value(); before && row.number == e.incident) {
              row.impact = before->impact;
              row.roles = before->roles;
              row.alerts_firing = before->alerts_firing;
              row.publication = before->publication;
            }
    return next_.commit(batch);
  }
};

/// "ok" although the disk was full.
struct AnswersOkAnyway : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    auto done = next_.commit(batch);
    return done || done.error().kind != ErrorKind::unavailable ? done : Status(Done{});
  }
};

/// "not recorded" although it may be.
struct DeniesWhatMayBe : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    auto done = next_.commit(batch);
    return done || !done.error().maybe_recorded ? done : Status(fail(ErrorKind::unavailable, "Not recorded."));
  }
};

struct CommitsWithoutMessages : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    if (batch.size() > 1)
      for (auto& changes : batch) changes.messages.clear();
    return next_.commit(batch);
  }
};

/// Each request by itself: a crash between two of them tears the batch, and a failure of the second is told to the first.
struct TearsDecisions : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch)
      if (changes.entries.size() > 2) {
        changes.entries.pop_back();
        for (auto& row : changes.incidents)
          if (row.number == changes.entries.back().incident) {
            row.last_seq = changes.entries.back().seq;
            row.chain_head = changes.entries.back().hash;
          }
      }
    return next_.commit(batch);
  }
};

struct BreaksTheChain : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch)
      for (auto& e : changes.entries)
        if (e.kind == EntryKind::severity) e.facts.emplace_back("note", "added later");
    return next_.commit(batch);
  }
};

struct ForgetsReferences : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch) changes.references.clear();
    return next_.commit(batch);
  }
};

/// After an hour in place of a day.
struct PurgesEarly : PassingStore {
  using PassingStore::PassingStore;
  Result<bool> purge(Time before) override { return next_.purge(before + std::chrono::hours{24}); }
};

struct ForgetsPeople : PassingStore {
  using PassingStore::PassingStore;
  Status commit(std::vector<Changes>& batch) override {
    for (auto& changes : batch) changes.people.clear();
    return next_.commit(batch);
  }
};

}  // namespace

std::vector<Break> breaks_of_recording() {
  return {in_store<SendsBeforeCommit>("messages are sent before their commit", "commit first"),
          in_store<DropsDedupKeys>("dedup keys are dropped", "I1"),
          in_store<SkipsLaneOrder>("lanes are not kept in order", "I3"),
          in_store<LosesTimersAtRestart>("timers are lost at a restart", "I7 in time"),
          in_store<ForgetsTimers>("the timer after a step is not set", "I7"),
          in_store<KeepsRedactedTextInRow>("a redaction keeps the text in the row", "fold"),
          in_store<RedactsOnlyTheRow>("a redaction keeps the text in timeline and outbox", "redaction"),
          in_store<FoldMisses<EntryKind::impact>>("apply misses the impact", "fold"),
          in_store<FoldMisses<EntryKind::role>>("apply misses roles", "fold"),
          in_store<FoldMisses<EntryKind::alert_resolved>>("apply misses resolved alerts", "fold"),
          in_store<FoldMisses<EntryKind::public_held>>("apply misses held updates", "fold"),
          in_store<AnswersOkAnyway>("a full disk is answered with ok", "I1"),
          in_store<DeniesWhatMayBe>("an unknown commit is answered with \"not recorded\"", "I1"),
          in_store<CommitsWithoutMessages>("batches lose their messages", "I6"),
          in_store<TearsDecisions>("a decision is recorded in part", "fold"),
          in_store<BreaksTheChain>("facts are added after the hash was made", "chain"),
          in_store<ForgetsReferences>("the ids of rooms are not kept", "references"),
          in_store<PurgesEarly>("keys are forgotten after an hour", "keys"),
          in_store<ForgetsPeople>("people met are not kept", "people")};
}

}  // namespace sim
