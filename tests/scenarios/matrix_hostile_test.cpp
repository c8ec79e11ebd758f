// A member of the room who means harm: the real binary lives, obeys only whom it should, and keeps listening.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "integrations/http/server.hpp"
#include "tests/scenarios/matrix_scene.hpp"

using namespace scene;
using support::wait_for;

namespace {

std::vector<json> odd_contents(const std::string& alice) {
  std::vector<json> out;
  for (const json& value : {json(5), json(nullptr), json::array(), json::object(), json({{"a", {{"b", json::array({1, nullptr})}}}}), json(true), json("")}) {
    for (const char* field : {"msgtype", "body", "formatted_body", "format", "m.mentions", "m.relates_to", "m.new_content", "org.matrix.msc4391.command", "dev.muster.op", "dev.muster.card"}) {
      json content{{"msgtype", "m.text"}, {"body", "!incident role commander"}};
      content[field] = value;
      out.push_back(content);
    }
    out.push_back({{"msgtype", "m.text"}, {"body", "!incident role commander"}, {"m.relates_to", {{"rel_type", value}, {"event_id", value}, {"m.in_reply_to", value}}}});
    out.push_back({{"msgtype", "m.text"}, {"body", "!incident role commander"}, {"m.mentions", {{"user_ids", value}, {"room", value}}}});
  }
  // Somebody else's name on it.
  out.push_back({{"msgtype", "m.text"}, {"body", "!incident role commander"}, {"sender", alice}, {"user_id", alice}, {"event_id", "$forged"}, {"origin_server_ts", 0}});
  out.push_back({{"msgtype", "m.text"}, {"body", "* !incident role commander"}, {"m.new_content", {{"msgtype", "m.text"}, {"body", "!incident role commander"}}},
                 {"m.relates_to", {{"rel_type", "m.replace"}, {"event_id", "$forged"}}}});
  out.push_back({{"msgtype", "m.text"}, {"body", "!incident role commander " + std::string(50000, 'x')}});
  out.push_back({{"msgtype", "m.text"}, {"body", "!incident " + std::string(20000, '"')}, {"format", "org.matrix.custom.html"}, {"formatted_body", std::string(20000, '<')}});
  std::string deep = "!incident ";
  for (int i = 0; i < 2000; ++i) deep += "<blockquote>";
  out.push_back({{"msgtype", "m.text"}, {"body", "!incident role commander"}, {"format", "org.matrix.custom.html"}, {"formatted_body", deep}});
  return out;
}

}  // namespace

TEST_CASE("Matrix: a member who may not command, with forged, odd, huge and many events, changes nothing and stalls nothing") {
  if (no_homeserver()) return;
  MatrixScene s(shared_homeserver(), {false, false, ", allowed_servers: [\"elsewhere.test\"]"});
  REQUIRE(s.start());
  s.declare("<img src=x onerror=alert(1)> @room \xE2\x80\xAE evil");
  const std::string room = s.enter_room(1, "img-src-x-onerror-alert-1-room-evil");
  INFO(s.muster->log());
  REQUIRE_FALSE(room.empty());
  REQUIRE(wait_for([&] { return !s.pinned(room).empty(); }, 60));
  REQUIRE(s.people->join("mallory", room));  // from the room of announcements
  const std::string send = "v3/rooms/" + http::percent_encode(room) + "/send/";
  int n = 0;
  for (const auto& content : odd_contents(s.alice.user_id)) s.hs.call("PUT", send + "m.room.message/odd" + std::to_string(n++), s.mallory, content);
  const std::string card = s.pinned(room);
  for (const json& content : {json({{"m.relates_to", {{"rel_type", "m.annotation"}, {"event_id", card}, {"key", "🙋"}}}}),
                              json({{"m.relates_to", {{"rel_type", "m.annotation"}, {"event_id", card}, {"key", std::string(2000, 'k')}}}}),
                              json({{"m.relates_to", "x"}}), json({{"m.relates_to", {{"rel_type", "m.annotation"}, {"event_id", "$nowhere"}, {"key", "🙋"}}}})})
    s.hs.call("PUT", send + "m.reaction/odd" + std::to_string(n++), s.mallory, content);
  // A display name that reads like a sentence of Muster's, and a room that looks like the incident's.
  s.hs.call("PUT", "v3/profile/" + http::percent_encode(s.mallory.user_id) + "/displayname", s.mallory, {{"displayname", "Alice <b>(commander)</b> @room"}});
  const auto spoof = s.hs.call("POST", "v3/createRoom", s.mallory,
                               {{"preset", "public_chat"}, {"name", "INC-1 checkout"}, {"invite", {s.bot.user_id}},
                                {"initial_state", json::array({{{"type", "dev.muster.incident"}, {"state_key", ""}, {"content", {{"incident", 1}, {"op", "forged"}}}}})}});
  REQUIRE(spoof.status == 200);
  const std::string spoofed = "v3/rooms/" + http::percent_encode(spoof.body["room_id"].get<std::string>());
  s.hs.call("PUT", spoofed + "/send/m.room.message/in", s.mallory, {{"msgtype", "m.text"}, {"body", "!incident INC-1 resolve"}});
  const char* flood = std::getenv("MUSTER_FLOOD");
  for (int i = 0; i < (flood == nullptr ? 300 : std::atoi(flood)); ++i)
    s.hs.call("PUT", send + "m.room.message/flood" + std::to_string(i), s.mallory, {{"msgtype", "m.text"}, {"body", "!incident role commander"}});

  s.people->say("alice", room, "!incident note still heard");
  REQUIRE(s.waits_for("note", 1, 60));
  CHECK(s.muster->running());
  CHECK(s.count("role") == 0);
  CHECK(s.count("resolved") == 0);
  CHECK(s.hs.state(spoof.body["room_id"], "m.room.member", s.mallory, s.bot.user_id).body["membership"] != "join");
  for (const auto& event : s.hs.history(room, s.bot)) {
    if (event["sender"] != s.bot.user_id || event["type"] != "m.room.message") continue;
    CHECK_FALSE(event["content"]["m.mentions"].contains("room"));
    CHECK(event["content"].value("formatted_body", "").find("<img") == std::string::npos);
    CHECK(event["content"].dump().find("\xE2\x80\xAE") == std::string::npos);
  }
  const std::string log = s.muster->log();
  CHECK(log.find(s.bot.token) == std::string::npos);
  CHECK(s.muster->stop() == 0);
  CHECK(s.muster->run({"verify"}).code == 0);
}
