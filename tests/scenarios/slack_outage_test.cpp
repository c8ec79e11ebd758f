// Slack refuses, hangs or vanishes in the middle of an incident: the console goes on, and everything owed arrives once and in order when it returns.
// MUSTER_OUTAGE_SECONDS: how long (default 1.5; script/check: ten real minutes).
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/scenarios/voices.hpp"

using scene::Scene;
using support::SlackFault;

namespace {

double outage_seconds() {
  const char* wanted = std::getenv("MUSTER_OUTAGE_SECONDS");
  return wanted == nullptr ? 1.5 : std::atof(wanted);
}

struct Outage {
  const char* name;
  void (*begin)(support::FakeSlack&);
  void (*end)(support::FakeSlack&);
};

void heal(support::FakeSlack& slack) { slack.heal(); }
void come_back(support::FakeSlack& slack) { slack.come_back(); }

const Outage kOutages[] = {
    {"refuses connections", [](support::FakeSlack& s) { s.stop(); }, come_back},
    {"vanishes", [](support::FakeSlack& s) { s.vanish(); }, come_back},
    // Those under way at the first moment did their work and were never answered: the hardest to be sure about.
    {"hangs",
     [](support::FakeSlack& s) {
       s.fault({SlackFault::Kind::hang_after_doing, "chat.postMessage", 200, 0, "", {}, 1});
       s.hang("", -1);
     },
     heal},
    {"answers 503", [](support::FakeSlack& s) { s.refuse(503, 0, "", -1); }, heal},
};

/// What the room read of the notes that were announced, in order; the pinned card left out.
std::vector<std::string> read_in_room(Scene& s, const std::string& room, const std::vector<std::string>& wanted) {
  std::vector<std::string> out;
  const auto channel = s.slack.channel(room);
  for (const auto& m : s.slack.messages(room)) {
    if (channel && std::find(channel->pins.begin(), channel->pins.end(), m.ts) != channel->pins.end()) continue;
    for (const auto& words : wanted)
      if (m.visible().find(words) != std::string::npos) out.push_back(words);
  }
  return out;
}

}  // namespace

TEST_CASE("Slack refuses, vanishes, hangs or fails in mid-incident: the console goes on, and all that is owed arrives once and in order", "[outage]") {
  scene::Options options;
  options.vendor = false;
  options.extra = "console: {enabled: true}\n";
  Scene s(options);
  REQUIRE(s.muster->start());
  const auto console = scene::console_voice(s);
  REQUIRE(console->say("declare sev1 everything is slow", 0, "alice").done);
  REQUIRE(s.waits_for("room_opened"));
  const std::string room = s.room_name();
  REQUIRE(s.slack.wait_until([&] { return s.slack.channel(room)->pins.size() == 1; }));
  const auto clock = bot::system_clock();
  std::vector<std::string> wanted;
  int opened = 1;
  for (const auto& outage : kOutages) {
    INFO(outage.name);
    outage.begin(s.slack);
    const bot::Millis begin = clock->monotonic(), until = begin + bot::Millis{static_cast<std::int64_t>(outage_seconds() * 1000)};
    bot::Millis slowest{0};
    int said = 0;
    // A few things at once, then one every now and then for as long as it lasts.
    while (said < 4 || clock->monotonic() < until) {
      const bot::Millis before = clock->monotonic();
      wanted.push_back(std::string(outage.name) + " " + std::to_string(++said) + ".");
      REQUIRE(console->say("update " + wanted.back(), 1, "alice").done);
      slowest = std::max(slowest, clock->monotonic() - before);
      if (said >= 4) std::this_thread::sleep_for(bot::Millis{static_cast<std::int64_t>(outage_seconds() * 1000 / 10)});
    }
    REQUIRE(console->say("declare sev3 meanwhile " + std::string(outage.name), 0, "bob").done);
    outage.end(s.slack);
    const bot::Millis back = clock->monotonic();
    ++opened;
    REQUIRE(s.slack.wait_until([&] { return read_in_room(s, room, wanted).size() >= wanted.size() && !s.room_name(opened).empty(); }, 300));
    CHECK(read_in_room(s, room, wanted) == wanted);
    std::printf("slack %s for %lld s: %d console commands, slowest %lld ms; all said %lld ms after it came back\n", outage.name,
                static_cast<long long>((back - begin).count() / 1000), said + 1, static_cast<long long>(slowest.count()),
                static_cast<long long>((clock->monotonic() - back).count()));
  }
  // Nothing came late or twice after all had settled.
  REQUIRE(s.waits_for("room_opened", 1, 120, opened));
  CHECK(read_in_room(s, room, wanted) == wanted);
  CHECK(s.slack.complaints().empty());
  CHECK(s.count("message_failed") == 0);
  CHECK(s.muster->running());
}
