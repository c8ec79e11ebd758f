// Breaks in how things are sent, timed and told.
#include "commands/pages.hpp"
#include "tests/simulation/wrappers.hpp"

namespace sim {

using namespace bot;

namespace {

bool is_public(const Content& content) { return std::holds_alternative<PublicUpdate>(content); }

struct DoesNotLook : PassingSender {
  using PassingSender::PassingSender;
  RepeatPolicy repeat_policy(const Content& content) const override { return is_public(content) ? RepeatPolicy::free : next_.repeat_policy(content); }
};

struct LooksOnce : PassingSender {
  using PassingSender::PassingSender;
  RepeatPolicy repeat_policy(const Content& content) const override { return is_public(content) ? RepeatPolicy::prefer_once : next_.repeat_policy(content); }
};

struct DoubtfulIsSent : PassingSender {
  using PassingSender::PassingSender;
  SendResult send(const Message& message, const SendContext& context) override {
    auto result = next_.send(message, context);
    return std::holds_alternative<Doubtful>(result) ? SendResult(Accepted{}) : result;
  }
};

struct DoubtfulIsNotSent : PassingSender {
  using PassingSender::PassingSender;
  SendResult send(const Message& message, const SendContext& context) override {
    auto result = next_.send(message, context);
    return std::holds_alternative<Doubtful>(result) ? SendResult(NotSent{"timed out", {}, true}) : result;
  }
};

struct CannotLookIsMissing : PassingSender {
  using PassingSender::PassingSender;
  FindResult find(const Message& message, const SendContext& context) override {
    auto result = next_.find(message, context);
    return std::holds_alternative<CannotLook>(result) ? FindResult(Missing{}) : result;
  }
};

/// The same, of public updates alone: nothing else notices.
struct CannotLookInPublicIsMissing : PassingSender {
  using PassingSender::PassingSender;
  FindResult find(const Message& message, const SendContext& context) override {
    auto result = next_.find(message, context);
    return is_public(message.content) && std::holds_alternative<CannotLook>(result) ? FindResult(Missing{}) : result;
  }
};

/// After a start nothing is taken up for two minutes.
struct WaitsAfterAStart : PassingStore {
  WaitsAfterAStart(Store& next, World& world) : PassingStore(next, world), until_(world.env.clock.monotonic() + Millis{120000}) {}
  Result<std::vector<QueuedMessage>> lease(const LeaseQuery& query) override {
    if (world_.env.clock.monotonic() < until_) return fail(ErrorKind::unavailable, "not yet");
    return next_.lease(query);
  }
  const Millis until_;
};

/// Attempts of dead processes are taken for one's own.
struct TrustsDeadLeases : PassingStore {
  using PassingStore::PassingStore;
  Result<std::vector<QueuedMessage>> lease(const LeaseQuery& query) override {
    LeaseQuery same = query;
    same.boot = "always the same";
    return next_.lease(same);
  }
};

struct TimersAreEarly : PassingStore {
  using PassingStore::PassingStore;
  Result<std::vector<Timer>> due_timers(Time now, int limit) override { return next_.due_timers(now + Millis{20000}, limit); }
};

struct TimersAreLate : PassingStore {
  using PassingStore::PassingStore;
  Result<std::vector<Timer>> due_timers(Time now, int limit) override { return next_.due_timers(now - Millis{60000}, limit); }
};

/// Nobody counts how many processes died over a message.
struct ForgetsDeaths : PassingStore {
  using PassingStore::PassingStore;
  Result<std::vector<QueuedMessage>> lease(const LeaseQuery& query) override {
    auto leased = next_.lease(query);
    if (leased)
      for (auto& m : *leased) m.deaths = 0;
    return leased;
  }
};

/// In doubt after a death, and sent as if nothing had been.
struct ForgetsDoubt : PassingStore {
  using PassingStore::PassingStore;
  Result<std::vector<QueuedMessage>> lease(const LeaseQuery& query) override {
    auto leased = next_.lease(query);
    if (leased)
      for (auto& m : *leased) m.in_doubt = false;
    return leased;
  }
};

struct DropsOutcomes : PassingIntake {
  using PassingIntake::PassingIntake;
  void submit(Request request, Completion done) override {
    if (std::holds_alternative<SendOutcome>(request.body) && ++count_ % 20 == 0) return done(Reply{});
    next_.submit(std::move(request), std::move(done));
  }
  int count_ = 0;
};

/// Every timer comes twice, under two keys …
struct TimersComeTwice : PassingIntake {
  using PassingIntake::PassingIntake;
  void submit(Request request, Completion done) override {
    if (std::holds_alternative<TimerDue>(request.body)) {
      Request again = request;
      again.dedup_keys.front() += "again";
      next_.submit(std::move(again), [](const Reply&) {});
    }
    next_.submit(std::move(request), std::move(done));
  }
};

/// … and whether its step was left already is not looked at.
struct StaleTimersCount : PassingCommands {
  using PassingCommands::PassingCommands;
  Result<Decision> decide(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const override {
    Request changed = request;
    if (auto* due = std::get_if<TimerDue>(&changed.body); due != nullptr && snapshot.incident != nullptr)
      for (const auto& run : snapshot.incident->pages)
        if (run.id == due->timer.subject) due->timer.id = commands::page_timer(run);
    return next_.decide(changed, invocation, snapshot, context);
  }
};

/// Drops entries of one kind from every decision.
template <EntryKind kind>
struct NeverTells : PassingCommands {
  using PassingCommands::PassingCommands;
  Result<Decision> decide(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const override {
    auto decision = next_.decide(request, invocation, snapshot, context);
    if (decision) std::erase_if(decision->entries, [](const NewEntry& e) { return e.kind == kind; });
    return decision;
  }
};

/// `public check`, `send` and `drop` are answered, and nothing comes of them.
struct IgnoresChoices : PassingCommands {
  using PassingCommands::PassingCommands;
  Result<Decision> decide(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const override {
    auto decision = next_.decide(request, invocation, snapshot, context);
    if (decision) decision->held.clear();
    return decision;
  }
};

struct SkipsAStep : PassingCommands {
  using PassingCommands::PassingCommands;
  Result<Decision> decide(const Request& request, const Invocation* invocation, const Snapshot& snapshot, const Context& context) const override {
    auto decision = next_.decide(request, invocation, snapshot, context);
    if (decision && std::holds_alternative<TimerDue>(request.body))
      for (auto& e : decision->entries)
        if (e.kind == EntryKind::paged)
          for (auto& [name, value] : e.facts)
            if (name == "step" && value == "1") value = "2";
    return decision;
  }
};

/// The console is not told of messages in one state.
template <MessageState state>
struct HidesTroubles : PassingReader {
  using PassingReader::PassingReader;
  Result<std::vector<QueuedMessage>> troubled(int limit) override {
    auto all = next_.troubled(limit);
    if (all) std::erase_if(*all, [](const QueuedMessage& m) { return m.state == state; });
    return all;
  }
};

/// The dispatcher believes that every page still waits for an answer.
struct SeesOpenPages : PassingReader {
  using PassingReader::PassingReader;
  Result<std::optional<Incident>> incident(std::int64_t number) override {
    auto row = next_.incident(number);
    if (row && *row)
      for (auto& run : (*row)->pages) run.open = true;
    return row;
  }
};

Break escalates_twice() {
  Break out = in_intake<TimersComeTwice>("an escalation is decided twice", "I7");
  out.commands = in_commands<StaleTimersCount>("", "").commands;
  return out;
}

Break nobody_watches_the_clock() {
  Break out{"nobody notices that the clock was set", "I7 in time"};
  out.unwatched = true;
  return out;
}

}  // namespace

std::vector<Break> breaks_of_sending() {
  return {in_sender<DoesNotLook>("a public update is repeated without a look", "I4 in public"),
          in_sender<LooksOnce>("a public update is repeated after one look", "I4 in public"),
          in_sender<DoubtfulIsSent>("no answer counts as sent", "sent means done"),
          in_sender<DoubtfulIsNotSent>("no answer counts as not sent", "I4 in public"),
          in_sender<CannotLookIsMissing>("a look that fails counts as a look", "I4 in chat"),
          in_sender<CannotLookInPublicIsMissing>("a look that fails counts as a look, in public", "I4 in public"),
          in_store<WaitsAfterAStart>("nothing is taken up for two minutes after a start", "I5"),
          in_reader<HidesTroubles<MessageState::held>>("the console does not show what is held", "I8"),
          in_reader<HidesTroubles<MessageState::dead>>("the console does not show dead letters", "I6"),
          in_store<ForgetsDeaths>("deaths are not counted", "a third time"),
          in_store<TrustsDeadLeases>("attempts of dead processes are never taken up", "I5"),
          in_store<ForgetsDoubt>("attempts of dead processes are repeated blindly", "I4 in chat"),
          in_intake<DropsOutcomes>("an outcome is dropped", "I5"),
          escalates_twice(),
          in_store<TimersAreEarly>("timers go off early", "I7"),
          in_store<TimersAreLate>("timers go off late", "I7 in time"),
          nobody_watches_the_clock(),
          in_commands<IgnoresChoices>("what people choose for a held update is not done", "I8"),
          in_commands<NeverTells<EntryKind::room_failed>>("a failed room is not told", "I6"),
          in_commands<NeverTells<EntryKind::acknowledged>>("an answered page stays open", "I7"),
          in_commands<SkipsAStep>("an escalation step is skipped", "I7"),
          in_commands<NeverTells<EntryKind::page_failed>>("a failed page is not told", "I6"),
          in_commands<NeverTells<EntryKind::public_held>>("a held update is not told", "I8"),
          in_commands<NeverTells<EntryKind::public_failed>>("a failed update is not told", "I6"),
          in_commands<NeverTells<EntryKind::message_failed>>("a dead letter is not told", "I6"),
          in_reader<SeesOpenPages>("a page is sent after it was answered", "page after ack")};
}

}  // namespace sim
