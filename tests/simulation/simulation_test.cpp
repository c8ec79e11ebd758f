// Histories from seeds against the promises of DESIGN §7, and deliberate breaks that must be noticed.
// MUSTER_SEEDS: how many seeds (default 2000), MUSTER_FIRST_SEED: the first (default 1), MUSTER_PROGRESS: say how far it is.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "bot/entry_kinds.hpp"
#include "bot/log.hpp"
#include "tests/simulation/run.hpp"

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? otherwise : std::strtoull(value, nullptr, 10);
}

double seconds_since(std::chrono::steady_clock::time_point begin) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); }

struct Quiet {
  Quiet() { bot::set_log_level("error"); }
};

}  // namespace

TEST_CASE("every promise holds through duplicates, faults, deaths and clock jumps", "[seeds]") {
  const Quiet quiet;
  const std::uint64_t first = number_from("MUSTER_FIRST_SEED", 1), count = number_from("MUSTER_SEEDS", 2000);
  const bool progress = std::getenv("MUSTER_PROGRESS") != nullptr;
  const auto begin = std::chrono::steady_clock::now();
  auto told = begin;
  std::size_t sends = 0, entries = 0, boots = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const auto outcome = sim::run(seed);
    sends += outcome.sends;
    entries += outcome.entries;
    boots += outcome.boots;
    if (outcome.violation) {
      std::printf("%s", sim::report(seed, *outcome.violation).c_str());  // unwrapped: these lines are long
      FAIL("seed " << seed << " breaks " << outcome.violation->promise << ": " << outcome.violation->words);
    }
    if (progress && seconds_since(told) >= 10) {
      told = std::chrono::steady_clock::now();
      const double done = static_cast<double>(seed - first + 1);
      std::printf("simulate: seed %llu, %.0f done, %.0f seeds/s\n", static_cast<unsigned long long>(seed), done, done / seconds_since(begin));
      std::fflush(stdout);
    }
  }
  if (progress) {
    std::printf("simulate: %llu seeds from %llu, %.0f seeds/s, %zu entries, %zu messages, %zu boots, no promise broken\n", static_cast<unsigned long long>(count),
                static_cast<unsigned long long>(first), static_cast<double>(count) / seconds_since(begin), entries, sends, boots);
  }
  CHECK(entries > count);
  CHECK(boots > count);
}

TEST_CASE("the same seed gives the same run") {
  const Quiet quiet;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto history = sim::history_for(seed);
    const auto one = sim::run(seed, history, nullptr, true), two = sim::run(seed, history, nullptr, true);
    CHECK(one.story == two.story);
    CHECK(one.story.size() > 20);
  }
}

namespace {

struct Story {
  sim::History steps;
  void add(sim::Step step) {
    step.id = static_cast<int>(steps.size()) + 1;
    steps.push_back(step);
  }
  void work() {
    for (int i = 0; i < 6; ++i) {
      add({0, sim::Act::decide});
      add({0, sim::Act::dispatch});
      for (int k = 0; k < 6; ++k) add({0, sim::Act::deliver, 0});
    }
  }
};

constexpr std::uint32_t kPublic = 12, kPage = 22;

sim::Break unwatched() {
  sim::Break out{"unwatched", ""};
  out.unwatched = true;
  return out;
}

}  // namespace

TEST_CASE("the clock is set ahead between two looks: the second still comes ten seconds after the first, and nothing is published twice") {
  const Quiet quiet;
  Story s;
  s.add({0, sim::Act::say, 0, sim::kDeclare, 0, 0});
  s.work();
  s.add({0, sim::Act::say, 0, sim::kClaimCommand, 0, 1});
  s.work();
  s.add({0, sim::Act::vendor_fault, 2, static_cast<std::uint32_t>(sim::Fault::late), 90000, 1});
  s.add({0, sim::Act::say, 0, kPublic, 0, 0});
  s.work();
  for (int i = 0; i < 6; ++i) {  // the first look comes after 5.5 s
    s.add({0, sim::Act::advance, 1100});
    s.work();
  }
  s.add({0, sim::Act::jump, 15000, 0});
  s.work();
  CHECK_FALSE(sim::run(2, s.steps).violation);
  const auto broken = unwatched();
  const auto noticed = sim::run(2, s.steps, &broken).violation;
  REQUIRE(noticed);
  CHECK(noticed->promise == "I4 in public");
}

TEST_CASE("the clock is set back while a page waits for an answer: the next step comes in time all the same") {
  const Quiet quiet;
  Story s;
  s.add({0, sim::Act::say, 0, sim::kDeclare, 0, 0});
  s.work();
  s.add({0, sim::Act::advance, 40000});
  s.add({0, sim::Act::say, 0, kPage, 0, 0});
  s.work();
  s.add({0, sim::Act::jump, 7200000, 1});
  for (int i = 0; i < 4; ++i) {
    s.add({0, sim::Act::advance, 61000});
    s.add({0, sim::Act::timers});
    s.work();
  }
  CHECK_FALSE(sim::run(3, s.steps).violation);
  const auto broken = unwatched();
  const auto noticed = sim::run(3, s.steps, &broken).violation;
  REQUIRE(noticed);
  CHECK(noticed->promise == "I7 in time");
}

TEST_CASE("every deliberate break is noticed by the promise it breaks, within 2,000 seeds", "[breaks]") {
  const Quiet quiet;
  const bool told = std::getenv("MUSTER_PROGRESS") != nullptr;
  for (const auto& broken : sim::breaks()) {
    std::optional<sim::Violation> noticed;
    std::uint64_t seed = 0;
    while (seed < 2000 && !(noticed && noticed->promise == broken.promise)) noticed = sim::run(++seed, &broken).violation;
    INFO(broken.name << " must break " << broken.promise);
    CHECK(noticed);
    if (noticed) CHECK(noticed->promise == broken.promise);
    if (noticed && told) std::printf("%-55s seed %4llu  %s: %s\n", broken.name, static_cast<unsigned long long>(seed), noticed->promise.c_str(), noticed->words.c_str());
  }
}

TEST_CASE("a failing history is made short and still fails the same way", "[breaks]") {
  const Quiet quiet;
  for (const auto& broken : sim::breaks()) {
    if (std::string(broken.name) != "dedup keys are dropped") continue;
    std::uint64_t seed = 0;
    std::size_t least = SIZE_MAX;
    sim::Outcome whole;
    for (int failing = 0; failing < 8; ++failing) {  // "sent again" counts back, so now and then a few idle requests have to stay
      while (!(whole = sim::run(++seed, &broken)).violation) {
      }
      const auto history = sim::history_for(seed);
      const auto shortest = sim::shortened(seed, history, whole.violation->promise, &broken);
      CHECK(shortest.size() < history.size() / 4);
      least = std::min(least, shortest.size());
      const auto again = sim::run(seed, shortest, &broken);
      REQUIRE(again.violation);
      CHECK(again.violation->promise == whole.violation->promise);
    }
    CHECK(least < 8);
    CHECK(sim::report(seed, *whole.violation, &broken).find("BROKEN") != std::string::npos);
  }
}

TEST_CASE("histories reach every kind of entry, every end of a message and every answer") {
  const Quiet quiet;
  std::set<std::string> wanted{"answer ok", "answer invalid", "answer forbidden", "answer conflict", "answer not found", "answer unavailable", "answer maybe recorded", "answer never",
                               "message sent", "message superseded", "message dead", "message dropped"};
  for (const auto kind : bot::entry_kinds()) wanted.insert(std::string("entry ") + bot::to_string(kind));
  for (std::uint64_t seed = 1; seed <= 400 && !wanted.empty(); ++seed)
    for (const auto& seen : sim::reached(seed)) wanted.erase(seen);
  CHECK(wanted.empty());
  for (const auto& missing : wanted) FAIL_CHECK("never reached: " << missing);
}
