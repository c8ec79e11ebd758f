// A desk to talk to the commands at: keeps incidents, entries and alerts in memory and folds every decision with bot::apply.
// Place: the tests of the commands. No store, no threads, a clock the test sets.
#pragma once

#include <catch2/catch.hpp>

#include "bot/addressing.hpp"
#include "bot/narrate.hpp"
#include "bot/store.hpp"
#include "commands/table.hpp"

namespace desk {

using namespace bot;

class Desk : public Reader {
 public:
  Desk() {
    add_person("dana", "Dana", "U01");
    add_person("bob", "Bob", "U02");
    add_person("carol", "Carol", "U03");
    add_person("ada", "Ada", "");
    settings.incidents.admins = {"ada"};
    settings.slack.enabled = true;
    settings.slack.announce_channel = "C0";
    StatusPageSettings own;
    own.kind = "builtin";
    own.name = "public";
    own.title = "Example";
    own.components = {{"api", "API", ""}, {"web", "Website", ""}};
    StatusPageSettings vendor;
    vendor.kind = "statuspage";
    vendor.name = "vendor";
    vendor.component_ids = {{"api", "x1"}};
    settings.status_pages = {own, vendor};
    settings.incidents.public_defaults = {{"sev1", {{"api", "major_outage"}}}};
    settings.paging.policy = {{{"bob"}, Millis{300000}}, {{"carol"}, Millis{600000}}};
    settings.paging.repeat = 1;
    settings.reminders.enabled = false;  // the tests of reminders switch them on; elsewhere they would only be in the way
  }

  void add_person(const std::string& id, const std::string& name, const std::string& slack) {
    Person p;
    p.id = id;
    p.name = name;
    if (!slack.empty()) p.identities["slack"] = slack;
    registry.put(p);
    settings.people.push_back(p);
  }

  // ---- asking ----

  /// Types it as `who`; in `room` when set. The decision is kept in `last` and folded.
  Reply say(const std::string& text, const std::string& who = "dana") { return say_as(person(who), text); }

  Reply say_as(const Actor& actor, const std::string& text) {
    last = Decision{};
    auto parsed = table->parse(text, settings, registry);
    if (!parsed) return reply_of(parsed.error());
    Invocation invocation = *parsed;
    if (!invocation.incident && room > 0) {
      invocation.incident = room;
      invocation.by_room = true;
    }
    const Context context = context_of(actor, source);
    if (table->is_query(invocation)) {
      auto answered = table->query(invocation, *this, context);
      return answered ? *answered : reply_of(answered.error());
    }
    Request request;
    request.body = Typed{text};
    request.sent = typed_at;
    return run(request, &invocation, context);
  }

  /// A button, a form or a link: the invocation as it is.
  Reply press(const Invocation& invocation, const std::string& who) {
    Request request;
    request.body = invocation;
    return run(request, &invocation, context_of(person(who), source));
  }

  Result<Form> form(const std::string& text, const std::string& who = "dana") {
    auto parsed = table->parse(text, settings, registry);
    if (!parsed) return parsed.error();
    if (!parsed->incident && room > 0) {
      parsed->incident = room;
      parsed->by_room = true;
    }
    const auto it = incidents_.find(parsed->incident.value_or(0));
    return table->form(*parsed, it == incidents_.end() ? nullptr : &it->second, context_of(person(who), source));
  }

  Reply alert(const std::string& identity, bool firing = true, const std::string& group = "g", const std::string& severity = "sev2") {
    Alert a;
    a.integration = "alertmanager";
    a.identity = identity;
    a.group = group;
    a.name = "HighErrorRate";
    a.summary = "checkout " + identity;
    a.severity = severity;
    a.link = "https://prometheus.example.org/graph";
    a.firing = firing;
    a.starts = now - Millis{60000};
    return post(a);
  }
  Reply post(const Alert& a) {
    Request request;
    request.body = a;
    return run(request, nullptr, context_of(Actor{ActorKind::monitor, "alertmanager", {}, false}, "alertmanager"));
  }

  /// Anything an adapter reports, as `who` in the room's incident.
  Reply report(RequestBody body, const std::string& who = "dana", const std::string& chat = "slack") {
    if (auto* capture = std::get_if<Capture>(&body); capture != nullptr && !capture->incident && room > 0) capture->incident = room;
    if (auto* change = std::get_if<RoomChange>(&body); change != nullptr && !change->incident && room > 0) change->incident = room;
    Request request;
    request.caller.integration = chat;
    request.body = std::move(body);
    return run(request, nullptr, context_of(who == "muster" ? muster() : person(who), chat));
  }

  /// The timer with the latest due time goes off (as the Timers would submit it).
  Reply ring(Timer timer) {
    now = std::max(now, timer.due);
    timers.erase(timer.id);
    Request request;
    request.body = TimerDue{timer};
    return run(request, nullptr, context_of(muster(), "muster"));
  }
  Timer only_timer() const {
    REQUIRE(timers.size() == 1);
    return timers.begin()->second;
  }

  /// An outcome of the first sent message of this kind ("open_room") for the integration.
  Reply outcome(const std::string& kind, const std::string& integration, MessageState state, const std::string& problem = "", const std::string& link = "") {
    for (const auto& m : outbox)
      if (m.integration == integration && kind == kind_of(m.content) && !settled.count(m.id)) {
        if (state != MessageState::unknown && state != MessageState::queued) settled.insert(m.id);
        QueuedMessage before{m, MessageState::sending, 0, 0, 0, 0, now, {}, "boot", false, ""};
        QueuedMessage after = before;
        after.state = state;
        after.problem = problem;
        after.attempts = 1;
        if (state == MessageState::unknown) after.doubts = 1;
        if (state == MessageState::held) troubled_messages.push_back(after);
        return outcome(SendOutcome{before, after, {}, link});
      }
    FAIL("no such message: " << kind << " for " << integration);
    return {};
  }
  Reply outcome(const SendOutcome& o) {
    Request request;
    request.body = o;
    return run(request, nullptr, context_of(muster(), "muster"));
  }

  void refer(std::int64_t n, const std::string& key, const std::string& id) { references_[n][key] = id; }

  // ---- looking ----

  Incident& row(std::int64_t n = 1) { return incidents_.at(n); }
  std::vector<std::string> kinds() const {
    std::vector<std::string> out;
    for (const auto& e : last.entries) out.push_back(to_string(e.kind));
    return out;
  }
  std::vector<std::string> sent() const {
    std::vector<std::string> out;
    for (const auto& m : last.messages) out.push_back(kind_of(m.content));
    return out;
  }
  /// Every word said in rooms by the last decision.
  std::string said() const {
    std::string out;
    for (const auto& m : last.messages)
      if (const auto* s = std::get_if<Say>(&m.content)) out += plain_text(s->card.title, registry) + "\n";
    return out;
  }
  std::string text_of(const Reply& reply) const {
    std::string out = plain_text(reply.card.title, registry);
    for (const auto& p : reply.card.paragraphs) out += "\n" + plain_text(p, registry);
    for (const auto& l : reply.card.list) out += "\n" + plain_text(l, registry);
    return out;
  }
  template <class T>
  const T& content() const {
    for (const auto& m : last.messages)
      if (const auto* c = std::get_if<T>(&m.content)) return *c;
    FAIL("the decision sends no such message");
    std::abort();
  }
  bool nothing_recorded() const { return last.entries.empty() && last.messages.empty() && last.timers.empty() && last.alerts.empty() && last.held.empty(); }
  static Actor person(const std::string& id) { return Actor{ActorKind::person, id, {}, id == "ada"}; }
  static Actor token(Scopes scopes) { return Actor{ActorKind::token, "ci", scopes, scopes.admin}; }
  static Actor muster() { return Actor{ActorKind::muster, "muster", {}, false}; }
  Context context_of(const Actor& actor, const std::string& from) {
    return Context{now, actor, from, settings, registry, [this] {
                     char id[33];
                     std::snprintf(id, sizeof id, "%032d", ++last_id);
                     return std::string(id);
                   },
                   typed_in};
  }

  // ---- Reader ----
  Result<std::optional<Incident>> incident(std::int64_t n) override {
    const auto it = incidents_.find(n);
    return it == incidents_.end() ? std::optional<Incident>() : std::optional<Incident>(it->second);
  }
  Result<std::vector<Incident>> incidents(const IncidentFilter& filter) override {
    std::vector<Incident> out;
    for (auto it = incidents_.rbegin(); it != incidents_.rend() && static_cast<int>(out.size()) < filter.limit; ++it)
      if ((filter.before == 0 || it->first < filter.before) && (!filter.open_only || it->second.takes_changes())) out.push_back(it->second);
    return out;
  }
  Result<std::vector<Entry>> timeline(std::int64_t n, std::int64_t after, int limit) override {
    std::vector<Entry> out;
    for (const auto& e : entries[n])
      if (e.seq > after && static_cast<int>(out.size()) < limit) out.push_back(e);
    return out;
  }
  Result<std::vector<Entry>> stream(std::int64_t, int) override { return std::vector<Entry>{}; }
  Result<std::int64_t> last_position() override { return std::int64_t{0}; }
  Result<std::optional<std::int64_t>> incident_of(const RoomKey&) override { return std::optional<std::int64_t>(); }
  Result<std::vector<Reference>> references(std::int64_t, const std::string&) override { return std::vector<Reference>{}; }
  Result<std::vector<QueuedMessage>> troubled(int) override { return troubled_messages; }
  Result<std::vector<OutboxCount>> outbox_counts() override { return std::vector<OutboxCount>{}; }
  Result<std::vector<Entry>> public_updates(int) override { return std::vector<Entry>{}; }
  Result<std::vector<Person>> people() override { return registry.all(); }
  Result<std::optional<std::string>> adapter_state(const std::string&) override { return std::optional<std::string>{}; }

  Settings settings;
  People registry;
  std::unique_ptr<Commands> table = commands::make_table();
  Time now{Millis{1795448538000}};  // 2026-11-23T15:42:18Z
  std::string source = "console";
  std::int64_t room = 0;
  std::optional<RoomKey> typed_in;  ///< the chat room it is typed in
  std::optional<Time> typed_at;     ///< when it was typed, by the chat's clock
  Decision last;
  std::map<std::int64_t, std::vector<Entry>> entries;
  std::map<std::string, Timer> timers;
  std::vector<Message> outbox;
  std::set<std::string> settled;
  std::vector<QueuedMessage> troubled_messages;
  int last_id = 0;

 private:
  Reply run(const Request& request, const Invocation* invocation, const Context& context) {
    const Reads reads = table->reads(request, invocation);
    Snapshot snapshot;
    snapshot.next_number = incidents_.empty() ? 1 : incidents_.rbegin()->first + 1;
    if (!reads.next_number) snapshot.next_number = -1;  // not asked for
    const auto find = [this](std::int64_t n) { return incidents_.count(n) ? &incidents_.at(n) : nullptr; };
    if (!reads.incidents.empty()) snapshot.incident = find(reads.incidents.front());
    if (const auto it = alerts_.find(reads.alert); it != alerts_.end()) {
      snapshot.alert = &it->second;
      snapshot.incident = find(it->second.incident);
    }
    if (const auto it = groups_.find(reads.alert_group); it != groups_.end()) snapshot.group_incident = find(it->second);
    if (!reads.entries.empty())
      for (const auto& e : entries[reads.entries.front().first]) {
        if (e.seq == reads.entries.front().second) snapshot.entry = &e;
        if (e.text && repeats(e) == reads.entries.front().second) snapshot.amendments.push_back(e.seq);
      }
    if (snapshot.incident != nullptr)
      for (const auto& [integration, what] : reads.references)
        if (const auto& kept = references_[snapshot.incident->number]; kept.count(integration + "/" + what) > 0)
          snapshot.references[integration + "/" + what] = kept.at(integration + "/" + what);
    if (reads.troubled) snapshot.troubled = troubled_messages;
    auto decided = table->decide(request, invocation, snapshot, context);
    last = decided ? *decided : Decision{};
    if (!decided) return reply_of(decided.error());
    const Reply reply = last.reply;
    fold(context);
    return reply;
  }

  void fold(const Context& context) {
    if (last.incident > 0) {
      Incident& r = incidents_[last.incident];
      for (const auto& proposed : last.entries) {
        Entry e;
        e.incident = last.incident;
        e.seq = r.last_seq + 1;
        e.kind = proposed.kind;
        e.occurred_at = proposed.occurred_at.value_or(context.now);
        e.recorded_at = context.now;
        e.actor = context.actor;
        e.source = context.source;
        e.facts = proposed.facts;
        e.text = proposed.text;
        apply(r, e);
        entries[last.incident].push_back(e);
      }
      for (const auto seq : last.redact)
        for (auto& e : entries[last.incident])
          if (e.seq == seq) {
            scrub(r, e);
            e.text.reset();
          }
      for (const auto& m : last.messages)
        for (auto& addressed : address(m, r, context)) outbox.push_back(std::move(addressed));
    }
    for (const auto& t : last.timers) {
      if (t.cancel) timers.erase(t.timer.id);
      else timers[t.timer.id] = t.timer;
    }
    for (const auto& a : last.alerts) {
      alerts_[a.identity] = a;
      if (!a.group.empty()) groups_[a.group] = a.incident;
    }
    for (const auto& p : last.people) registry.put(p);
    for (const auto& ref : last.references) references_[ref.incident][ref.integration + "/" + ref.what] = ref.id;
  }

  std::map<std::int64_t, Incident> incidents_;
  std::map<std::string, AlertRecord> alerts_;
  std::map<std::string, std::int64_t> groups_;
  std::map<std::int64_t, std::map<std::string, std::string>> references_;
};

using Words = std::vector<std::string>;

}  // namespace desk
