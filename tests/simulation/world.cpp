#include "tests/simulation/world.hpp"

namespace sim {

using namespace bot;

const char* crash_point_name(std::uint32_t which) {
  static constexpr const char* names[] = {"before a commit", "between a commit and its reply", "between lease and send", "just before a send",
                                          "between a send and its outcome", "during a look"};
  return names[which % kCrashPoints];
}

const char* commit_failure_name(std::uint32_t which) {
  static constexpr const char* names[] = {"fail, disk full", "fail with unknown outcome, not written", "fail with unknown outcome, written", "meet another writer"};
  return names[which % 4];
}

std::string short_id(const std::string& id) {
  const auto from = id.find_first_not_of('0');
  return "m" + (from == std::string::npos ? id : id.substr(from));
}

World::World(std::uint64_t seed) : env(seed) {
  settings.slack.enabled = true;
  settings.slack.announce_channel = "C0INCIDENTS";
  settings.incidents.admins = {"carol"};
  settings.people = {{"alice", "Alice", false, {{"slack", "U01"}}, "https://pager.example.org/alice"},
                     {"bob", "Bob", false, {{"slack", "U02"}}, ""},
                     {"carol", "Carol", true, {}, "https://pager.example.org/carol"}};
  settings.paging.policy = {{{"alice"}, Millis{60000}}, {{"bob", "carol"}, Millis{60000}}};
  settings.paging.repeat = 1;
  settings.reminders.enabled = seed % 2 == 0;
  using std::chrono::seconds;  // histories last minutes: several reminders shall be due at once
  settings.reminders.commander = seconds{60};
  settings.reminders.status = seconds{150};
  settings.reminders.open = seconds{600};
  settings.reminders.update_given = true;
  settings.reminders.update = {{"sev1", seconds{90}}, {"sev2", seconds{120}}, {"sev3", seconds{200}}};
  for (const char* name : {"a", "b"}) {
    StatusPageSettings page;
    page.kind = "statuspage";
    page.name = name;
    page.component_ids = {{"api", "x1"}, {"web", "x2"}};
    settings.status_pages.push_back(page);
  }
  for (std::uint32_t i = 0; i < kVendors; ++i) vendors.push_back(std::make_unique<SimVendor>(*this, vendor_name(i)));
}

SimVendor& World::vendor(const std::string& name) {
  for (auto& v : vendors)
    if (v->integration() == name) return *v;
  std::abort();
}

void World::sent(const std::string&, const Message& message) {
  const auto it = committed.find(message.id);
  if (it == committed.end()) return;
  std::size_t& newest = first_sends[it->second.lane];
  const Truth* truth = vendor(message.integration).truth(message.id);
  if (truth != nullptr && truth->sends > 1) return;
  if (it->second.place + 1 < newest) broken("I3", "the first send of " + short_id(message.id) + " comes after that of a younger message in lane " + it->second.lane);
  newest = std::max(newest, it->second.place + 1);
}

void World::arm(std::uint32_t where, std::uint32_t passing) {
  armed_ = true;
  where_ = static_cast<CrashPoint>(where % kCrashPoints);
  passings_ = passing;
}

void World::point(CrashPoint where) {
  if (!armed_ || where != where_) return;
  if (passings_-- > 0) return;
  armed_ = false;
  if (telling) tell(std::string("  the process dies ") + crash_point_name(static_cast<std::uint32_t>(where)));
  throw Died{};
}

void World::fail_commits(std::uint32_t how, std::uint32_t times) {
  failure_ = how % 4;
  failing_commits_ = times;
}

void World::clock_set_unseen() {
  for (const auto& timer : disk.timers()) timer_due[timer.id] = env.clock.monotonic() + (timer.due - env.clock.now());
  disk.each_message([this](const QueuedMessage& m) {
    if (bot::is_open(m.state)) moved_unknown.insert(m.message.id);
  });
}

void World::before_commit() {
  if (failing_commits_ == 0) return;
  --failing_commits_;
  using Failure = support::FakeStore::Failure;
  static constexpr Failure kinds[] = {Failure::unavailable, Failure::unknown_lost, Failure::unknown_kept, Failure::conflict};
  disk.fail_next_commit(kinds[failure_]);
  tell(std::string("  the commit will ") + commit_failure_name(failure_));
}

void World::broken(const std::string& promise, const std::string& words) {
  if (violation) return;
  violation = Violation{promise, words};
  tell("  BROKEN " + promise + ": " + words);
}

}  // namespace sim
