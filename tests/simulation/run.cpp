#include "tests/simulation/run.hpp"

#include "bot/plain.hpp"
#include "commands/table.hpp"
#include "tests/simulation/console_view.hpp"
#include "tests/simulation/invariants.hpp"
#include "tests/simulation/process.hpp"

namespace sim {

using namespace bot;

namespace {

constexpr int kMostRounds = 4000;
constexpr int kStuckRounds = 150;
/// While an integration's token is refused nothing of it is leased; then comes the dispatcher's next look.
constexpr Millis kLongestSending = DeliveryRules{}.credentials_wait + Millis{1000};
constexpr std::size_t kCheckEvery = 30;

class Run {
 public:
  Run(std::uint64_t seed, const Break* broken, bool telling) : world_(seed), broken_(broken) {
    world_.telling = telling;
    world_.meanwhile = [this](Millis length) {
      world_.env.advance(length);
      if (process_ && !inside_coordinator_) decide();
    };
    boot();
  }

  void step(const Step& step) {
    if (world_.telling && step.act != Act::say && step.act != Act::alert) world_.tell(std::to_string(step.id) + ". " + told(step));
    alive([&] { act(step); });
    if (++steps_ % kCheckEvery == 0) check_new_entries(world_, verified_);
  }

  /// Vendors are well again, time goes on, people release what is held and repeat what was not answered.
  void rest() {
    world_.disarm();
    world_.fail_commits(0, 0);
    world_.fail_store(0);
    for (auto& vendor : world_.vendors) vendor->heal();
    world_.resting = true;
    world_.tell("everything is well again and comes to rest");
    int stuck = 0;
    for (int round = 0; round < kMostRounds && !world_.violation; ++round) {
      bool moved = false;
      alive([&] { moved = one_round(); });
      check_sending_ends();
      if (moved) stuck = 0;
      else if (stuck_for_good(++stuck)) break;
    }
    if (world_.violation) return;
    if (!quiet()) world_.broken("I5", "it does not come to rest: " + what_is_open());
    check_new_entries(world_, verified_);
    if (!world_.violation) check_console_shows_troubles(world_, *process_);
    if (!world_.violation) check_everything(world_, verified_);
  }

  Outcome outcome() {
    Outcome out{world_.violation, std::move(world_.story), 0, verified_.entries.size(), static_cast<std::size_t>(world_.boots)};
    for (const auto& [lane, ids] : world_.lanes) out.sends += ids.size();
    return out;
  }
  const World& world() const { return world_; }
  std::set<std::string> reached() const {
    std::set<std::string> out;
    for (const auto& e : verified_.entries) out.insert(std::string("entry ") + to_string(e.kind));
    for (const auto& asked : world_.asked)
      for (const auto& attempt : asked->attempts) out.insert(attempt.reply ? std::string("answer ") + status_word(attempt.reply->status) : "answer never");
    world_.disk.each_message([&out](const QueuedMessage& m) { out.insert(std::string("message ") + to_string(m.state)); });
    return out;
  }

 private:
  Millis clocks_apart() const { return world_.env.clock.now().time_since_epoch() - world_.env.clock.monotonic(); }

  void boot() {
    if (process_ && apart_at_boot_ + process_->watch.moved() != clocks_apart()) world_.clock_set_unseen();
    apart_at_boot_ = clocks_apart();
    process_.reset();
    for (auto& vendor : world_.vendors) vendor->process_died();
    world_.fatal = false;
    process_ = std::make_unique<Process>(world_, *table_, broken_);
    world_.tell("  boot " + std::to_string(world_.boots));
  }

  /// Whatever happens inside may be the end of the process; then the next one starts over the same disk.
  template <class F>
  void alive(F&& f) {
    try {
      f();
      if (!world_.fatal) return;
      world_.tell("  the process ends itself");
    } catch (const Died&) {
    }
    inside_coordinator_ = false;
    boot();
    check_new_entries(world_, verified_);
  }

  bool decide() {
    inside_coordinator_ = true;
    const bool any = process_->coordinator.run_once();
    inside_coordinator_ = false;
    return any;
  }

  void act(const Step& step) {
    SimVendor& vendor = *world_.vendors[step.a % kVendors];
    switch (step.act) {
      case Act::say: say(step); break;
      case Act::alert: ask(step.id, alert_of(step, world_), ""); break;
      case Act::repeat: repeat(step.a); break;
      case Act::decide: decide(); break;
      case Act::dispatch: process_->dispatcher.run_once(); break;
      case Act::deliver: process_->jobs.go_on(step.a); break;
      case Act::timers: process_->timers.run_once(); break;
      case Act::advance: world_.env.advance(Millis{step.a}); break;
      case Act::jump:
        world_.env.clock.jump(Millis{step.b % 2 == 1 ? -static_cast<std::int64_t>(step.a) : step.a});
        world_.jumped = true;
        break;
      case Act::vendor_fault: vendor.trouble(static_cast<Fault>(step.b % kFaults), Millis{step.c}, step.d); break;
      case Act::outage: vendor.outage(step.b, Millis{step.c}); break;
      case Act::commit_fails: world_.fail_commits(step.a, step.b); break;
      case Act::store_fails: world_.fail_store(step.a); break;
      case Act::arm_crash: world_.arm(step.a, step.b); break;
      case Act::crash: throw Died{};
      case Act::housekeeping: (void)process_->store.purge(world_.env.clock.now() - std::chrono::hours{25}); break;
    }
  }

  void say(const Step& step) {
    std::string token;
    Request request = request_of(step, world_, token);
    ask(step.id, std::move(request), token);
  }

  void ask(int step, Request request, const std::string& token) {
    auto asked = std::make_unique<Asked>();
    asked->step = step;
    asked->request = std::move(request);
    asked->token = token;
    world_.asked.push_back(std::move(asked));
    send(*world_.asked.back());
  }

  void repeat(std::uint32_t which) {
    if (world_.asked.empty()) return;
    const std::size_t recent = std::min<std::size_t>(8, world_.asked.size());
    send(*world_.asked[world_.asked.size() - 1 - which % recent]);
  }

  void send(Asked& asked) {
    const std::string& key = asked.request.dedup_keys.front();
    const std::size_t n = asked.attempts.size();
    asked.attempts.push_back({world_.newest_decision[key], "", "", std::nullopt});
    if (world_.telling) tell_asked(asked);
    process_->coordinator.submit(asked.request, [this, &asked, key, n](const Reply& reply) {
      Asked::Attempt& attempt = asked.attempts[n];
      if (attempt.reply) world_.broken("reply", "a request was answered twice");
      attempt.reply = reply;
      attempt.decided = decision_of(reply);
      attempt.newest = world_.newest_decision[key];
      if (world_.telling) world_.tell("  answer to " + key + ": " + words(reply));
      if (world_.forgotten.count(key) == 0) check_reply(reply);  // else it may be a new request's, with the same words
    });
  }

  void tell_asked(const Asked& asked) {
    const Request& r = asked.request;
    const std::string who = r.caller.display_name + " (" + r.caller.integration + (r.room ? ", in the room" : "") + ")";
    if (const auto* typed = std::get_if<Typed>(&r.body)) world_.tell(std::to_string(asked.step) + ". " + who + ": " + typed->text);
    else if (const auto* alert = std::get_if<Alert>(&r.body))
      world_.tell(std::to_string(asked.step) + ". " + alert->identity + (alert->firing ? " fires" : " is resolved"));
  }

  static std::string decision_of(const Reply& reply) {
    for (const auto& f : reply.card.facts)
      if (f.label == kTraceFact && !f.value.empty()) return f.value.front().value;
    return "";
  }

  static const char* status_word(ReplyStatus status) {
    static constexpr const char* names[] = {"ok", "invalid", "forbidden", "not found", "conflict", "unavailable", "maybe recorded"};
    return names[static_cast<int>(status)];
  }

  std::string words(const Reply& reply) const {
    std::string text;
    for (const auto& span : reply.card.title) text += span.value;
    return std::string(status_word(reply.status)) + (reply.repeated ? ", repeated" : "") + ": " + text;
  }

  /// A stored reply must not bring redacted words back.
  void check_reply(const Reply& reply) {
    if (!reply.repeated) return;
    for (const auto& span : reply.card.title)
      for (const auto& token : world_.redacted_tokens)
        if (span.value.find(token) != std::string::npos && !still_said(token, reply.incident.value_or(0))) world_.broken("redaction", "a stored reply still says " + token);
  }

  /// A request whose key was purged and that comes again says its words anew, in another incident: those are nobody's redacted ones.
  bool still_said(const std::string& token, std::int64_t incident) {
    const auto entries = world_.disk.timeline(incident, 0, 1000);
    return entries && std::any_of(entries->begin(), entries->end(), [&](const Entry& e) { return e.text && e.text->find(token) != std::string::npos; });
  }

  // ---- coming to rest ----

  bool one_round() {
    bool moved = decide();
    moved |= process_->timers.run_once() > 0;
    moved |= process_->dispatcher.run_once() > 0;
    while (!world_.violation && process_->jobs.go_on(0)) moved = true;
    if (moved) return true;
    if (release_held() || ask_again()) return true;
    const Time now = world_.env.clock.now();
    std::optional<Time> next = world_.disk.next_due().value();
    for (const auto& timer : world_.disk.timers())
      if (!is_reminder(timer) && (!next || timer.due < *next)) next = timer.due;
    if (next && *next > now) {
      world_.env.advance(*next - now);
      return true;
    }
    return false;
  }

  /// I5: with vendors and disk well, no attempt is under way for longer than a lease and a look take.
  void check_sending_ends() {
    std::map<std::string, std::pair<std::optional<Time>, Millis>> now;
    world_.disk.each_message([&](const QueuedMessage& m) {
      if (m.state != MessageState::sending) return;
      const auto before = sending_.find(m.message.id);
      const bool same = before != sending_.end() && before->second.first == m.last_attempt;
      const Millis since = same ? before->second.second : world_.env.clock.monotonic();
      now[m.message.id] = {m.last_attempt, since};
      if (world_.env.clock.monotonic() - since > kLongestSending)
        world_.broken("I5", short_id(m.message.id) + " (" + kind_of(m.message.content) + ") is \"sending\" for " + duration_text(world_.env.clock.monotonic() - since));
    });
    sending_ = std::move(now);
  }

  bool stuck_for_good(int rounds) {
    if (quiet() || rounds > kStuckRounds) return true;
    world_.env.advance(Millis{1000});  // an integration pauses, or overdue timers wait after a restart
    return false;
  }

  /// An open incident is reminded of for ever; that is no unrest.
  static bool is_reminder(const Timer& timer) { return timer.kind == "remind"; }

  bool quiet() { return what_is_open().empty(); }

  std::string what_is_open() {
    std::string out;
    world_.disk.each_message([&](const QueuedMessage& m) {
      if (out.empty() && bot::is_open(m.state)) out = short_id(m.message.id) + " (" + kind_of(m.message.content) + " in " + m.message.lane + ") is " + to_string(m.state);
    });
    for (const auto& timer : world_.disk.timers())
      if (out.empty() && !is_reminder(timer)) out = "timer " + timer.id + " is set";
    return out;
  }

  /// A person looks at the console and decides about each held message, as often as it comes back.
  bool release_held() {
    std::vector<QueuedMessage> held;
    world_.disk.each_message([&](const QueuedMessage& m) {
      if (m.state == MessageState::held) held.push_back(m);
    });
    if (held.empty()) return false;
    for (const auto& m : held) check_held_is_visible(world_, m);
    check_console_shows_troubles(world_, *process_);
    const QueuedMessage& m = held.front();
    const int before = releases_[m.message.id]++;
    if (before > 4) {
      world_.broken("I8", short_id(m.message.id) + " (" + kind_of(m.message.content) + ") cannot be released");
      return false;
    }
    static constexpr const char* choices[] = {"check", "send", "drop"};
    const std::size_t first = m.message.id.back() % 3;
    const char* choice = before >= 3 ? "drop" : choices[std::min<std::size_t>(2, first + static_cast<std::size_t>(before))];
    Request request;
    request.caller = {ActorKind::token, "api", "ci", "ci", Scopes{true, true, true, true}};
    request.dedup_keys = {"release:" + m.message.id + ":" + std::to_string(before)};
    request.body = Typed{"INC-" + std::to_string(m.message.incident) + " public " + choice};
    ask(9000, std::move(request), "");
    return true;
  }

  /// Whoever got no answer, or "not now", sends the same again; only some of the people do.
  bool ask_again() {
    for (auto& asked : world_.asked) {
      const auto& last = asked->attempts.back().reply;
      const bool open = !last || last->status == ReplyStatus::unavailable || last->status == ReplyStatus::maybe_recorded;
      const bool patient = asked->request.cls != RequestClass::human || asked->step % 2 == 0;
      if (!open || !patient || asked->attempts.size() > 12) continue;
      world_.tell("  " + asked->request.dedup_keys.front() + " is sent again");
      send(*asked);
      return true;
    }
    return false;
  }

  World world_;
  const Break* broken_;
  std::unique_ptr<Commands> table_ = commands::make_table();
  std::unique_ptr<Process> process_;
  Verified verified_;
  std::map<std::string, int> releases_;
  std::map<std::string, std::pair<std::optional<Time>, Millis>> sending_;  ///< message → which attempt, and since when it is seen
  std::size_t steps_ = 0;
  Millis apart_at_boot_{0};  ///< wall clock less the one that never jumps
  bool inside_coordinator_ = false;
};

}  // namespace

Outcome run(std::uint64_t seed, const History& history, const Break* broken, bool telling) {
  Run one(seed, broken, telling);
  for (const auto& step : history) {
    if (one.world().violation) break;
    one.step(step);
  }
  if (!one.world().violation) one.rest();
  return one.outcome();
}

std::set<std::string> reached(std::uint64_t seed) {
  Run one(seed, nullptr, false);
  const auto history = history_for(seed);
  for (const auto& step : history) one.step(step);
  one.rest();
  return one.reached();
}

}  // namespace sim
