#include "tests/power/history.hpp"

#include "bot/coordinator.hpp"
#include "bot/dispatcher.hpp"
#include "bot/log.hpp"
#include "bot/timers.hpp"
#include "commands/table.hpp"
#include "integrations/storage/open_store.hpp"

namespace power {

using namespace bot;

namespace {

/// A vendor that does anything a vendor may do.
class Moody : public Sender {
 public:
  Moody(std::string name, Random& random, std::int64_t& sends) : name_(std::move(name)), random_(random), sends_(sends) {}
  const std::string& integration() const override { return name_; }
  int parallel() const override { return 8; }
  RepeatPolicy repeat_policy(const Content& content) const override {
    return std::holds_alternative<PublicUpdate>(content) ? RepeatPolicy::never_twice : RepeatPolicy::prefer_once;
  }
  SendResult send(const Message& message, const SendContext&) override {
    ++sends_;
    switch (random_.next() % 8) {
      case 0: return Doubtful{"cut off"};
      case 1: return NotSent{"busy", Millis{2000}, true};
      case 2: return Refused{"no such room"};
      default: return accepted(message);
    }
  }
  FindResult find(const Message& message, const SendContext&) override {
    if (random_.next() % 3 == 0) return Missing{};
    return accepted(message);
  }

 private:
  Accepted accepted(const Message& m) const {
    Accepted out;
    if (std::holds_alternative<OpenRoom>(m.content)) out.references = {{m.incident, name_, "room", "C" + m.id}, {m.incident, name_, "room_name", "room-" + m.id}};
    if (std::holds_alternative<PostSummary>(m.content)) out.references = {{m.incident, name_, "summary", m.id}};
    out.link = "https://vendor.example.org/" + m.id;
    return out;
  }
  std::string name_;
  Random& random_;
  std::int64_t& sends_;
};

class Inline : public Executor {
 public:
  void run(const std::string&, std::function<void()> job) override { jobs.push_back(std::move(job)); }
  void go_on() {
    auto now = std::move(jobs);
    jobs.clear();
    for (auto& job : now) job();
  }
  std::vector<std::function<void()>> jobs;
};

Settings house() {
  Settings s;
  s.slack.enabled = true;
  s.slack.announce_channel = "C0INCIDENTS";
  s.incidents.admins = {"carol"};
  s.people = {{"alice", "Alice", false, {{"slack", "U01"}}, "https://pager.example.org/alice"}, {"carol", "Carol", true, {}, "https://pager.example.org/carol"}};
  s.paging.policy = {{{"alice"}, Millis{60000}}, {{"carol"}, Millis{60000}}};
  StatusPageSettings page;
  page.kind = "statuspage";
  page.name = "a";
  page.component_ids = {{"api", "x1"}, {"web", "x2"}};
  s.status_pages = {page};
  return s;
}

}  // namespace

/// One boot. What it held in memory is lost with it.
struct History::Process {
  Process(History& h, std::unique_ptr<storage::Opened> o)
      : opened(std::move(o)),
        store(opened->store(), h.said_, h.unanswered_),
        slack("slack", h.env_.random, h.counts_.sends),
        page("statuspage:a", h.env_.random, h.counts_.sends),
        webhook("webhook", h.env_.random, h.counts_.sends),
        coordinator(store, opened->reader(), *h.commands_, h.settings_, people, h.env_.env()),
        dispatcher(store, opened->reader(), coordinator, {&slack, &page, &webhook}, jobs, h.env_.env(), "boot" + std::to_string(++h.boots_)),
        timers(store, coordinator, h.env_.env()) {
    for (const auto& p : h.settings_.people) people.put(p);
  }
  void run() {
    while (coordinator.run_once()) {
    }
  }
  std::unique_ptr<storage::Opened> opened;
  People people;
  SpyStore store;
  Moody slack, page, webhook;
  Inline jobs;
  Coordinator coordinator;
  Dispatcher dispatcher;
  Timers timers;
};

History::History(std::uint64_t seed, const std::filesystem::path& folder, Syncs syncs)
    : file_((folder / ("power" + std::to_string(seed) + ".db")).string()), env_(seed), disk_(seed, syncs), settings_(house()), commands_(commands::make_table()) {
  set_log_level("error");
}

History::~History() {
  disk_.kill();
  process_.reset();
}

bool History::start() {
  auto opened = storage::open_store("sqlite:" + file_, env_.env());
  if (opened) {
    // open_store syncs the real folder before it answers: SQLite does so for a log it has made, and not for one that a process left which was
    // killed between making it and its first sync. Without that, seed 700176 loses everything.
    disk_.sync_names();
    process_ = std::make_unique<Process>(*this, *std::move(opened));
    return true;
  }
  if (!disk_.dead()) fault("the store could not be opened again: " + opened.error().message);
  return false;
}

void History::ask(const std::string& text, const std::string& key) {
  Request r;
  r.caller = {ActorKind::person, "console", "carol", "Carol", {}};
  r.dedup_keys = {key};
  r.body = Typed{text};
  if (draw(3) == 0) r.state = {{"slack/cursor" + std::to_string(draw(3)), draw(5) == 0 ? "" : word("at ")}};
  r.received = env_.clock.now();
  keys_.insert(key);
  asking_[key] = std::move(r);
}

/// The sender got no answer it can rely on, so it sends the same again with the same key.
void History::ask_again() {
  std::vector<Request> all;
  for (const auto& [key, r] : asking_) all.push_back(r);
  for (auto& r : all) {
    const std::string key = r.dedup_keys.front();
    process_->coordinator.submit(std::move(r), [this, key](const Reply& reply) {
      if (reply.status == ReplyStatus::unavailable || reply.status == ReplyStatus::maybe_recorded) return;
      asking_.erase(key);
      // Some need nothing recorded (an alert that resolves what never fired); what was to be recorded must have been.
      const bool refused = unanswered_.after_commit && unanswered_.after_commit->keys.count(key) > 0 && said_.keys.count(key) == 0;
      if (reply.status == ReplyStatus::ok && refused) fault("a request was answered ok that the store had not recorded: " + key);
      if (reply.incident) incidents_ = std::max(incidents_, *reply.incident);
    });
  }
  process_->run();
}

void History::alert() {
  Request r;
  r.cls = RequestClass::alert;
  r.caller = {ActorKind::monitor, "alertmanager", "alertmanager", "Alertmanager", {}};
  Alert a;
  a.integration = "alertmanager";
  a.identity = "alertmanager:" + std::to_string(draw(6));
  a.group = draw(3) == 0 ? "" : "alertmanager:group" + std::to_string(draw(3));
  a.name = "HighErrorRate";
  a.summary = word("errors are high, ");
  a.severity = draw(2) == 0 ? "sev1" : "sev3";
  a.firing = draw(3) != 0;
  r.dedup_keys = {word("alert:")};
  r.body = a;
  r.received = env_.clock.now();
  keys_.insert(r.dedup_keys.front());
  asking_[r.dedup_keys.front()] = std::move(r);
}

/// Enough at once that the log is copied into the file in the middle of the work.
void History::large() {
  const std::string to = "INC-" + std::to_string(1 + draw(static_cast<std::uint64_t>(incidents_)));
  for (int i = 0; i < 40; ++i) ask(to + " note " + word("long ") + " " + std::string(3900, 'x'), word("k"));
  ++counts_.checkpoints;
}

/// Invitations, sessions and people are written past the coordinator.
void History::credential() {
  auto& real = process_->opened->credentials();
  switch (draw(4)) {
    case 0: (void)process_->store.add_invite(real, word("invite "), draw(2) == 0 ? "alice" : "carol"); break;
    case 1:
      if (const auto invites = said_.invites; !invites.empty()) (void)process_->store.redeem_invite(real, invites.begin()->first, word("session "));
      break;
    case 2:
      if (const auto sessions = said_.sessions; !sessions.empty()) (void)process_->store.end_session(real, sessions.begin()->first);
      break;
    default: (void)process_->store.put_person(real, {"dora", word("Dora "), false, {}, ""}); break;
  }
}

void History::step() {
  env_.advance(Millis{static_cast<std::int64_t>(draw(3000))});
  const std::string to = "INC-" + std::to_string(1 + draw(static_cast<std::uint64_t>(std::max<std::int64_t>(incidents_, 1)))) + " ";
  const char* states[] = {"investigating", "identified", "monitoring"};
  switch (draw(28)) {
    case 0: case 1: ask("declare sev" + std::to_string(1 + draw(4)) + " " + word("trouble "), word("k")); break;
    case 2: case 3: case 4: case 5: ask(to + "note " + word("seen "), word("k")); break;
    case 6: ask(to + "severity sev" + std::to_string(1 + draw(4)), word("k")); break;
    case 7: ask(to + "status " + states[draw(3)], word("k")); break;
    case 8: ask(to + "role commander", word("k")); break;
    case 9: case 10: ask(to + "public " + states[draw(3)] + " api=major_outage " + word("We look at "), word("k")); break;
    case 11: case 12: ask(to + "page alice " + word("please look "), word("k")); break;
    case 13: ask(to + "ack", word("k")); break;
    case 14: case 15: ask(to + "redact " + std::to_string(1 + draw(8)), word("k")); break;
    case 16: ask(to + "correct " + std::to_string(1 + draw(8)) + " " + word("rather "), word("k")); break;
    case 17: ask(to + "rename " + word("name "), word("k")); break;
    case 18: ask(to + (draw(2) == 0 ? "resolve " : "reopen ") + word("done "), word("k")); break;
    case 19: case 20: case 21: alert(); break;
    case 22: ask("note without incident", word("k")); break;  // refused
    case 23:
      if (draw(4) == 0) env_.advance(Millis{3600000 * static_cast<std::int64_t>(1 + draw(26))});
      (void)process_->store.purge(env_.clock.now() - Millis{25 * 3600000});
      break;
    case 24:
      if (draw(8) == 0 && incidents_ > 0) large();
      break;
    case 25: case 26: credential(); break;
    default: (void)process_->store.maintain(); break;
  }
  if (draw(3) != 0) ask_again();  // else it waits for the next and shares its commit
  if (draw(2) == 0) process_->timers.run_once();
  if (draw(2) == 0) process_->dispatcher.run_once();
  if (draw(2) == 0) process_->jobs.go_on();
  process_->run();
}

/// The mark that the file is in use lies on the real disk and is not synced: a power cut may lose it.
void History::power_fails() {
  std::error_code ignored;
  if (disk_.was_power()) std::filesystem::remove(file_ + ".lock", ignored);
}

void History::work() {
  for (int steps = 0; steps < 400 && !disk_.dead(); ++steps) step();
}

void History::compare() {
  Asked asked{keys_, {}, {}};
  auto ask_for = [&](const State& state) {
    for (const auto& [key, k] : state.keys) asked.keys.insert(key);
    for (const auto& [token, p] : state.invites) asked.invites.insert(token);
    for (const auto& [token, p] : state.sessions) asked.sessions.insert(token);
  };
  ask_for(said_);
  if (unanswered_.after_commit) ask_for(*unanswered_.after_commit);
  const State disk = read_disk(file_, process_->opened->store(), process_->opened->credentials(), asked);
  for (const auto& words : inconsistencies(file_)) fault(words);
  auto report = process_->opened->verify();
  if (!report) fault("verify could not run: " + report.error().message);
  else
    for (const auto& words : report->problems) fault("verify: " + words);
  const auto& lease = unanswered_.certainly_not ? std::optional<LeaseQuery>() : unanswered_.lease;
  auto wrong = differences(said_, disk, lease);
  if (unanswered_.after_commit && !unanswered_.certainly_not) {
    ++counts_.in_doubt;
    if (!wrong.empty()) {
      if (auto other = differences(*unanswered_.after_commit, disk, {}); other.empty()) {
        ++counts_.in_doubt_kept;
        said_ = *unanswered_.after_commit;
        wrong.clear();
      } else {
        wrong.push_back("nor is it what it would be with the commit under way: " + other.front());
      }
    }
  }
  for (auto& words : wrong) fault(std::move(words));
  for (auto& [id, m] : said_.messages)
    if (const auto it = disk.messages.find(id); it != disk.messages.end()) m.state = it->second.state, m.boot = it->second.boot, m.deaths = it->second.deaths;
  std::erase_if(said_.messages, [&](const auto& m) { return disk.messages.count(m.first) == 0; });
  unanswered_ = {};
}

std::string History::fill(int steps) {
  if (start())
    for (int i = 0; i < steps; ++i) step();
  process_.reset();
  return disk_.content(file_);
}

bool History::round() {
  const std::uint64_t reach = draw(5) == 0 ? 100 : 400;  // sometimes in the middle of opening; a commit is some ten operations
  disk_.end_after(1 + static_cast<std::int64_t>(draw(reach)), draw(4) != 0);
  if (!process_ && !start()) ++counts_.while_opening;
  if (process_) work();
  if (!disk_.dead()) disk_.cut();
  ++(disk_.was_power() ? counts_.cuts : counts_.kills);
  if (process_) counts_.commits += process_->store.commits;
  process_.reset();
  power_fails();
  disk_.restore();
  disk_.never_end();
  env_.advance(Millis{1000});
  if (!faults_.empty() || !start()) return faults_.empty();
  compare();
  // What a restarted Muster shows and answers must last, too: nobody sends it again after that.
  if (faults_.empty() && draw(2) == 0) {
    ask_again();
    counts_.commits += process_->store.commits;
    disk_.cut();
    ++counts_.cuts;
    process_.reset();
    power_fails();
    disk_.restore();
    if (start()) compare();
  } else if (draw(2) == 0) {
    counts_.commits += process_->store.commits;
    disk_.kill();
    process_.reset();
    disk_.restore();
  }
  return faults_.empty();
}

}  // namespace power
