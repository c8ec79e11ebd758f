// Nothing twice and nothing lost between the real binary and a real Synapse, whatever breaks between or in them.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "integrations/http/server.hpp"
#include "tests/scenarios/matrix_scene.hpp"

using namespace scene;
using support::Fault;
using support::wait_for;

namespace {

Fault answer_lost(const std::string& only, int times = 1) {
  Fault fault;
  fault.kind = Fault::Kind::close_after;
  fault.works = true;
  fault.times = times;
  fault.only = only;
  return fault;
}

int rooms_of(MatrixScene& s) {
  int n = 0;
  const json joined = s.hs.call("GET", "v3/joined_rooms", s.bot).body;
  for (const auto& room : joined["joined_rooms"]) n += s.hs.state(room, "dev.muster.incident", s.bot).status == 200;
  return n;
}

bool all_said(MatrixScene& s, const std::string& room, const std::string& words, int n, double seconds) {
  return wait_for([&] {
    std::string all;
    for (const auto& body : s.said(room)) all += body + "\n";
    for (int i = 0; i < n; ++i)
      if (all.find(words + " " + std::to_string(i) + ".") == std::string::npos) return false;
    return true;
  }, seconds);
}

void check_all_once_in_order(MatrixScene& s, const std::string& room, const std::string& words, int n) {
  std::vector<std::string> heard;
  for (const auto& body : s.said(room))
    if (body.find(words) != std::string::npos) heard.push_back(body);
  REQUIRE(static_cast<int>(heard.size()) == n);
  for (int i = 0; i < n; ++i) CHECK(heard[static_cast<std::size_t>(i)].find(words + " " + std::to_string(i) + ".") != std::string::npos);
  s.check_once(room);
}

int outage_seconds(int otherwise) {
  const char* set = std::getenv("MUSTER_OUTAGE_SECONDS");
  return set == nullptr ? otherwise : std::atoi(set);
}

}  // namespace

TEST_CASE("Matrix: answers lost after the homeserver committed leave one room and every message once") {
  if (no_homeserver()) return;
  MatrixScene s(shared_homeserver(), {false, true, ""});
  REQUIRE(s.start());
  s.wire->fault(answer_lost("/createRoom"));
  REQUIRE(s.muster->command("declare sev2 lost answers").status == 200);
  CHECK(s.wire->wait_until_met(1, 60));
  std::string room;
  REQUIRE(wait_for([&] { return !(room = s.hs.room_of(s.alias(1, "lost-answers"), s.bot)).empty(); }, 60));
  REQUIRE(s.waits_for("room_opened"));
  CHECK(rooms_of(s) == 1);
  int n = 0;
  for (const char* call : {"/send/m.room.message", "/send/m.room.message", "/state/m.room.pinned_events", "/state/m.room.topic"}) {
    s.wire->fault(answer_lost(call));
    REQUIRE(s.muster->command("INC-1 update stakeholders hear " + std::to_string(n++) + ".").status == 200);
    if (std::string(call) == "/send/m.room.message") CHECK(s.wire->wait_until_met(1, 60));
  }
  s.wire->heal();
  CHECK(all_said(s, room, "stakeholders hear", n, 90));
  check_all_once_in_order(s, room, "stakeholders hear", n);
}

TEST_CASE("Matrix: Muster killed at any moment of sending loses nothing and says nothing twice") {
  if (no_homeserver()) return;
  MatrixScene s(shared_homeserver());
  REQUIRE(s.start());
  REQUIRE(s.muster->command("declare sev2 killed").status == 200);
  const int rounds = std::getenv("MUSTER_KILL_ROUNDS") == nullptr ? 4 : std::atoi(std::getenv("MUSTER_KILL_ROUNDS"));
  std::string room;
  // A message that two processes died over is not tried a third time, so each death has messages of its own; the first meets the room's.
  for (int i = 0; i < rounds; ++i) {
    const auto before = s.hs.log().size();
    REQUIRE(s.muster->command("INC-1 update word " + std::to_string(i) + ".").status == 200);
    // Killed as soon as the homeserver has carried out something new: between send and record, or close to it.
    const char* done = i == 0 ? "POST /_matrix/client/v3/createRoom" : "/send/m.room.message/";
    CHECK(wait_for([&] { return s.hs.log().find(done, before) != std::string::npos; }, 30));
    s.muster->kill9();
    REQUIRE(s.start());
    REQUIRE(s.waits_for("room_opened", 1, 90));
    if (room.empty()) room = s.hs.room_of(s.alias(1, "killed"), s.bot);
    CHECK(wait_for([&] { return s.times_said(room, "word " + std::to_string(i) + ".") > 0; }, 60));
  }
  CHECK(rooms_of(s) == 1);
  check_all_once_in_order(s, room, "word", rounds);
}

TEST_CASE("Matrix: the homeserver dies and stays away; what was typed and decided meanwhile arrives once and in order") {
  if (no_homeserver()) return;
  support::RealHomeserver hs;
  REQUIRE(hs.start());
  MatrixScene s(hs);
  REQUIRE(s.start());
  s.declare("homeserver down");
  const std::string room = s.enter_room(1, "homeserver-down");
  REQUIRE_FALSE(room.empty());
  REQUIRE(wait_for([&] { return !s.pinned(room).empty(); }, 60));
  s.people->say("alice", room, "!incident note typed just before");
  hs.kill9();
  for (int i = 0; i < 10; ++i) REQUIRE(s.muster->command("INC-1 update while away " + std::to_string(i) + ".").status == 200);
  REQUIRE(s.muster->command("declare sev3 second").status == 200);
  const auto clock = bot::system_clock();
  const auto until = clock->monotonic() + bot::Millis{1000} * outage_seconds(8);
  wait_for([&] { return clock->monotonic() >= until; }, outage_seconds(8) + 60.0);
  CHECK(s.muster->running());
  CHECK(s.muster->get("/healthz").status == 200);
  REQUIRE(hs.start());
  CHECK(all_said(s, room, "while away", 10, 180));
  check_all_once_in_order(s, room, "while away", 10);
  CHECK(s.waits_for("note", 1, 60));
  CHECK(s.waits_for("room_opened", 1, 120, 2));
  CHECK(s.count("note") == 1);
  CHECK(rooms_of(s) == 2);
  CHECK(s.muster->stop() == 0);
}

TEST_CASE("Matrix, long: 500 messages drain in order under Synapse's default limits, without a storm of refusals", "[.long]") {
  if (no_homeserver()) return;
  support::HomeserverOptions options;
  options.default_limits = true;
  support::RealHomeserver hs(options);
  REQUIRE(hs.start());
  const char* set = std::getenv("MUSTER_LIMITED_MESSAGES");
  const int n = (set == nullptr ? 500 : std::atoi(set)) / 2;  // an update is said in the incident's room and announced
  MatrixScene s(hs);
  REQUIRE(s.start());
  REQUIRE(s.muster->command("declare sev3 limits").status == 200);
  REQUIRE(s.waits_for("room_opened", 1, 300));
  const std::string room = s.hs.room_of(s.alias(1, "limits"), s.bot);
  for (int i = 0; i < n; ++i) REQUIRE(s.muster->command("INC-1 update drains as " + std::to_string(i) + ".").status == 200);
  CHECK(all_said(s, room, "drains as", n, 16.0 * n + 300));
  check_all_once_in_order(s, room, "drains as", n);
  s.check_once(s.announcements);
  int refusals = 0;
  std::istringstream log(hs.log());
  for (std::string line; std::getline(log, line);) refusals += line.find(s.bot.user_id) != std::string::npos && line.find(" 429 \"PUT") != std::string::npos;
  WARN("refusals (429) for " << 2 * n << " messages: " << refusals);
  CHECK(refusals <= n / 5 + 10);
}
