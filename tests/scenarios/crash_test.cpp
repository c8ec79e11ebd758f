// kill -9 at random moments under load: what was acknowledged is there, once, and the record holds together.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "tests/scenarios/scene.hpp"

using scene::Scene;

namespace {

int rounds() {
  const char* wanted = std::getenv("MUSTER_KILL_ROUNDS");
  return wanted == nullptr ? 40 : std::atoi(wanted);
}

struct Acknowledged {
  std::mutex mutex;
  std::map<std::string, int> notes;  ///< text → times acknowledged as new
};

/// Sends notes with a key each until told to stop; an unanswered note is sent again with the same key after the restart.
void hammer(Scene& s, int worker, int round, std::atomic<bool>& stop, Acknowledged& all, std::vector<std::string>& unanswered) {
  for (int i = 0; !stop; ++i) {
    const std::string text = "note r" + std::to_string(round) + "w" + std::to_string(worker) + "i" + std::to_string(i) + ".";
    const auto answer = s.muster->command("INC-" + std::to_string(1 + (worker + i) % 4) + " " + text, text.substr(5));
    if (answer.status == 200) {
      std::lock_guard<std::mutex> lock(all.mutex);
      ++all.notes[text.substr(5)];
    } else {
      unanswered.push_back("INC-" + std::to_string(1 + (worker + i) % 4) + " " + text);
      if (answer.status == 0) return;
    }
  }
}

}  // namespace

TEST_CASE("killed at random moments with fifty requests in flight, nothing acknowledged is lost and nothing happens twice") {
  constexpr int kWorkers = 50;
  scene::Options options;
  options.vendor = false;
  options.slack = false;
  Scene s(options);
  REQUIRE(s.muster->start());
  for (int i = 0; i < 4; ++i) REQUIRE(s.muster->command("declare sev2 crash " + std::to_string(i), "d" + std::to_string(i)).status == 200);
  Acknowledged all;
  std::mt19937 chance(20261123);
  for (int round = 0; round < rounds(); ++round) {
    std::atomic<bool> stop{false};
    std::vector<std::vector<std::string>> unanswered(kWorkers);
    std::vector<std::thread> workers;
    for (int w = 0; w < kWorkers; ++w) workers.emplace_back([&, w] { hammer(s, w, round, stop, all, unanswered[static_cast<std::size_t>(w)]); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + chance() % 200));
    s.muster->kill9();
    stop = true;
    for (auto& w : workers) w.join();
    REQUIRE(s.muster->start());
    // The sender got no answer and sends the same again, with the same key: it happens once whether or not it was recorded.
    for (const auto& list : unanswered)
      for (const auto& command : list) {
        const std::string text = command.substr(command.find("note "));
        const auto answer = s.muster->command(command, text.substr(5));
        INFO(command << " → " << answer.body);
        REQUIRE(answer.status == 200);
        ++all.notes[text.substr(5)];
      }
  }
  std::map<std::string, int> found;
  for (int incident = 1; incident <= 4; ++incident) {
    std::int64_t seq = 0;
    for (const auto& e : s.entries(incident)) {
      CHECK(e["seq"].get<std::int64_t>() == ++seq);
      if (e["kind"] == "note") ++found[e["text"].get<std::string>()];
    }
  }
  CHECK(all.notes.size() > static_cast<std::size_t>(rounds()));
  for (const auto& [text, times] : all.notes) {
    INFO(text);
    REQUIRE(found[text] == 1);
  }
  CHECK(found.size() == all.notes.size());
  CHECK(s.muster->stop() == 0);
  const auto verified = s.muster->run({"verify"});
  INFO(verified.out);
  CHECK(verified.code == 0);
}

TEST_CASE("killed while it owes Slack and the status page, it says everything once after the restart") {
  Scene s;
  REQUIRE(s.muster->start());
  s.slack.slow(bot::Millis{400});
  s.slash("declare sev1 killed in the middle");
  s.muster->kill9();
  REQUIRE(s.muster->start());
  REQUIRE(s.waits_for("room_opened", 1, 60));
  s.slash("INC-1 role commander", "U02", "bob");
  s.slash("INC-1 public investigating api=major_outage We are looking.", "U02", "bob");
  s.vendor.fail({support::StatuspageFault::Kind::slow, support::StatuspageFault::On::writes, 0, bot::Millis{1500}, "", ""}, 1);
  s.muster->kill9();
  REQUIRE(s.muster->start());
  REQUIRE(s.waits_for("public_shown", 2, 60));
  s.slack.heal();
  REQUIRE(s.slack.wait_until([&] { return s.slack.messages(scene::Scene::kGeneral).empty() && !s.slack.messages(support::FakeSlack::kAnnounce).empty(); }, 60));
  CHECK(s.vendor.incidents().size() == 1);
  CHECK(s.vendor.incidents().at(0).updates.size() == 1);
  std::map<std::string, int> ops;
  for (const auto& c : s.slack.channels())
    for (const auto& m : s.slack.messages(c.id)) ++ops[m.op()];
  for (const auto& [op, n] : ops) CHECK(n == 1);
}
