// One incident in Matrix through the real binary and a real Synapse, typed and tapped by people with real clients.
#include <catch2/catch.hpp>
#include <fstream>

#include "integrations/http/server.hpp"
#include "tests/scenarios/matrix_scene.hpp"

using namespace scene;
using support::wait_for;

namespace {

/// declare → room, card → role by reaction → severity → note → resolve → close, all in Matrix.
void run_matrix_story(MatrixScene& s) {
  s.declare("checkout returns 500");
  const std::string room = s.enter_room(1, "checkout-returns-500");
  INFO(s.muster->log());
  REQUIRE_FALSE(room.empty());
  REQUIRE(s.waits_for("room_opened"));
  std::string card;
  REQUIRE(wait_for([&] { return !(card = s.pinned(room)).empty(); }, 60));
  CHECK(s.hs.state(room, "m.room.topic", s.alice).body["topic"].get<std::string>().find("INC-1 SEV1") == 0);
  CHECK(s.hs.state(room, "m.room.name", s.alice).body["name"] == "INC-1 checkout returns 500");
  CHECK(wait_for([&] { return s.times_said(s.announcements, "checkout returns 500. Declared by Alice") == 1; }));

  // bob reads announcements, so he may come in by himself; he takes command by tapping.
  REQUIRE(s.people->join("bob", room));
  s.people->react("bob", room, card, "🙋");
  REQUIRE(s.waits_for("role"));
  CHECK(s.incident()["roles"].dump().find("bob") != std::string::npos);
  s.people->say("bob", room, "!incident severity sev2");
  REQUIRE(s.waits_for("severity"));
  s.people->say("alice", room, "/incident note the pool on node 3 is exhausted");
  REQUIRE(s.waits_for("note"));
  s.people->say("bob", room, "!incident rename checkout fails in Europe");
  REQUIRE(s.waits_for("renamed"));
  CHECK(wait_for([&] { return s.hs.state(room, "m.room.name", s.alice).body["name"] == "INC-1 checkout fails in Europe"; }, 60));
  s.people->say("bob", room, "!incident sevrity sev1");  // a slip of the fingers is answered, and changes nothing
  CHECK_FALSE(s.people->waits_for_words("bob", room, "severity").is_null());
  s.people->say("bob", room, "!incident resolve Rolled back 4.2.1");
  REQUIRE(s.waits_for("resolved"));
  CHECK_FALSE(s.people->waits_for_words("alice", room, "resolved by Bob").is_null());
  s.people->say("bob", room, "!incident close");
  REQUIRE(s.waits_for("room_archived"));
  CHECK(s.hs.call("PUT", "v3/rooms/" + http::percent_encode(room) + "/send/m.room.message/late", s.alice, {{"msgtype", "m.text"}, {"body", "late"}}).status == 403);
  const auto seen = s.hs.call("GET", "v3/rooms/" + http::percent_encode(room) + "/event/" + http::percent_encode(card), s.alice).body;
  CHECK(seen["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"]["body"].get<std::string>().find("Closed") != std::string::npos);
  s.check_once(room);
  s.check_once(s.announcements);
  CHECK(s.count("severity") == 1);
  CHECK(s.count("note") == 1);
  const auto exported = s.muster->get("/api/v1/incidents/INC-1/timeline?format=md").body;
  for (const char* step : {"Alice", "Bob", "commander", "the pool on node 3 is exhausted", "Rolled back 4.2.1"}) {
    INFO(exported);
    CHECK(exported.find(step) != std::string::npos);
  }
  CHECK(s.muster->stop() == 0);
  CHECK(s.muster->run({"verify"}).code == 0);
}

}  // namespace

TEST_CASE("Matrix, plain account: one incident from declare to close") {
  if (no_homeserver()) return;
  MatrixScene s(shared_homeserver());
  REQUIRE(s.start());
  run_matrix_story(s);
}

TEST_CASE("Matrix, rooms of version 12: one incident from declare to close") {
  if (no_homeserver()) return;
  MatrixScene s(shared_homeserver(), {false, false, ", room_version: \"12\""});
  REQUIRE(s.start());
  run_matrix_story(s);
}

TEST_CASE("Matrix, application service: one incident from declare to close") {
  if (no_homeserver()) return;
  support::RealHomeserver hs(for_app_service());
  MatrixOptions options;
  options.app_service = true;
  MatrixScene s(hs, options);
  REQUIRE(s.start());
  run_matrix_story(s);
}

TEST_CASE("Matrix: a person is paged in a direct room and acknowledges by tapping") {
  if (no_homeserver()) return;
  MatrixScene s(shared_homeserver());
  REQUIRE(s.start());
  s.declare("pages");
  const std::string room = s.enter_room(1, "pages");
  REQUIRE_FALSE(room.empty());
  s.people->say("alice", room, "!incident page bob please look at node 3");
  REQUIRE(s.waits_for("page_sent"));
  const auto directs = s.hs.call("GET", "v3/user/" + http::percent_encode(s.bot.user_id) + "/account_data/m.direct", s.bot).body;
  REQUIRE(directs.contains(s.bob.user_id));
  const std::string direct = directs[s.bob.user_id][0];
  REQUIRE(s.people->join("bob", direct));
  const json page = s.people->waits_for_words("bob", direct, "you are paged for INC-1");
  REQUIRE_FALSE(page.is_null());
  CHECK(page["content"]["m.mentions"]["user_ids"] == json({s.bob.user_id}));
  s.people->react("bob", direct, page["event_id"], "✅");
  REQUIRE(s.waits_for("acknowledged"));
}
