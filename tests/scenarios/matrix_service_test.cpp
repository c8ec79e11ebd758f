// Muster as an application service of a real Synapse that loaded the file of "muster matrix register": events are pushed, each counts once, and
// nothing is lost when either side dies or the homeserver's transaction ids begin again.
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "integrations/http/server.hpp"
#include "tests/scenarios/matrix_scene.hpp"

using namespace scene;
using support::RealHomeserver;
using support::wait_for;

namespace {

std::string transaction_of(const WireCall& call) {
  const std::string path = "/_matrix/app/v1/transactions/";
  return call.method == "PUT" && call.path.rfind(path, 0) == 0 ? call.path.substr(path.size()) : "";
}

/// The transaction that brought this event to Muster; null until it did.
std::optional<WireCall> brought(MatrixScene& s, const std::string& event) {
  for (const auto& call : s.pushed->calls())
    if (!transaction_of(call).empty() && call.status == 200 && call.body.find(event) != std::string::npos) return call;
  return std::nullopt;
}

/// Says to Muster what the homeserver would, and again, as it would, when there is no answer: a kept connection may lead to a Muster of before.
int push(MatrixScene& s, const std::string& transaction, const std::string& body, const std::string& token = MatrixScene::kServiceToken) {
  http::Call call;
  call.method = "PUT";
  call.url = s.muster->url() + "/_matrix/app/v1/transactions/" + transaction;
  call.headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
  call.body = body;
  call.deadline = bot::Millis{30000};
  for (int i = 0; i < 3; ++i) {
    const auto result = s.client->call(call);
    if (const auto* answer = std::get_if<http::Answer>(&result)) return answer->status;
  }
  return 0;
}

MatrixOptions as_service() {
  MatrixOptions options;
  options.app_service = true;
  return options;
}

/// As in a new database, and in any whose transactions are all delivered: Synapse counts on from the highest one it still has.
void forget_transactions(RealHomeserver& hs) {
  const std::string script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('DELETE FROM application_services_txns'); c.commit()";
  REQUIRE(std::system((support::homeserver_python() + " -c \"" + script + "\" " + hs.folder() + "/homeserver.db").c_str()) == 0);
}

int commands_heard(MatrixScene& s, const std::string& words) {
  int n = 0;
  for (const auto& e : s.entries()) n += e.value("kind", "") == "note" && e.value("text", "") == words;
  return n;
}

}  // namespace

TEST_CASE("Matrix, application service: registered by Muster's own file, every event once, whoever dies and however transactions are numbered") {
  if (no_homeserver()) return;
  RealHomeserver hs(for_app_service());
  MatrixScene s(hs, as_service());
  INFO(s.name);
  REQUIRE(s.start());
  const auto doctor = s.muster->run({"matrix", "doctor"});
  INFO(doctor.out);
  CHECK(doctor.code == 0);
  CHECK(doctor.out.find("The homeserver reaches Muster") != std::string::npos);
  s.declare("pushed");
  const std::string room = s.enter_room(1, "pushed");
  INFO(s.muster->log());
  REQUIRE_FALSE(room.empty());
  REQUIRE(wait_for([&] { return !s.pinned(room).empty(); }, 60));

  // One event in two transactions: Synapse does that at times (its issue 11447).
  const std::string first = s.people->say("alice", room, "!incident note typed once");
  REQUIRE(s.waits_for("note"));
  REQUIRE(wait_for([&] { return brought(s, first).has_value(); }));
  const WireCall carried = *brought(s, first);
  CHECK(push(s, "another", carried.body) == 200);
  CHECK(push(s, transaction_of(carried), carried.body) == 200);  // and the same one again, as after a lost 200
  CHECK(push(s, "forged", carried.body, "not-the-token-of-the-homeserver") == 403);

  // Muster is away: Synapse keeps what is typed and brings it when Muster asks to be called back.
  s.muster->kill9();
  s.people->say("alice", room, "!incident note typed while Muster was away");
  REQUIRE(s.start());
  REQUIRE(s.waits_for("note", 2, 60));

  // The homeserver dies, and its transactions begin at 1 again.
  const std::string before = s.people->say("alice", room, "!incident note typed before the homeserver died");
  REQUIRE(s.waits_for("note", 3, 60));
  REQUIRE(wait_for([&] { return brought(s, before).has_value(); }));
  std::set<std::string> used;
  for (const auto& call : s.pushed->calls())
    if (call.status == 200) used.insert(transaction_of(call));
  hs.kill9();
  forget_transactions(hs);
  REQUIRE(hs.start());
  const std::string after = s.people->say("alice", room, "!incident note typed after the homeserver came back");
  REQUIRE(s.waits_for("note", 4, 60));
  REQUIRE(wait_for([&] { return brought(s, after).has_value(); }));
  const std::string again = transaction_of(*brought(s, after));
  std::printf("matrix: %zu transactions before the homeserver's restart, the first after it is number %s%s\n", used.size(), again.c_str(),
              used.count(again) > 0 ? ", used before" : "");
  CHECK(used.count(again) == 1);
  // A new event under every number that was used: each is taken, none is swallowed as a repeat.
  int n = 0;
  const json event = s.hs.call("GET", "v3/rooms/" + http::percent_encode(room) + "/event/" + http::percent_encode(after), s.alice).body;
  for (const auto& transaction : used) {
    if (transaction.empty() || n >= 5) continue;
    json other = event;
    other["event_id"] = "$again" + std::to_string(n);
    other["room_id"] = room;
    other["content"]["body"] = "!incident note under a number of before " + std::to_string(n++);
    CHECK(push(s, transaction, json({{"events", json::array({other})}}).dump()) == 200);
  }
  CHECK(n > 0);
  for (const char* words : {"typed once", "typed while Muster was away", "typed before the homeserver died", "typed after the homeserver came back"}) {
    INFO(words);
    CHECK(commands_heard(s, words) == 1);
  }
  for (int i = 0; i < n; ++i) CHECK(commands_heard(s, "under a number of before " + std::to_string(i)) == 1);
  CHECK(s.count("note") == 4 + n);
  s.check_once(room);
  const std::string log = s.muster->log();
  CHECK(log.find(MatrixScene::kServiceToken) == std::string::npos);
  CHECK(log.find(s.bot.token) == std::string::npos);
  CHECK(s.muster->stop() == 0);
  CHECK(s.muster->run({"verify"}).code == 0);
}
