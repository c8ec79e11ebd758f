#include "stage.hpp"

using namespace stage;

namespace {

std::string id_line(std::int64_t position) {
  return "id: " + std::to_string(position) + "\nevent: entry\n";
}

}  // namespace

TEST_CASE("Live: an entry arrives with its position, and the card and list follow") {
  Stage s;
  Browser bob(s, "bob");
  s.say("declare sev1 checkout <returns> 500");
  Listener live(s, bob, "incident=1&after=" + std::to_string(*s.store.last_position()));
  CHECK(live.head.find("text/event-stream") != std::string::npos);
  CHECK(live.head.find("no-store") != std::string::npos);
  s.console->live().run_once();
  live.until("event: banner");
  s.say("INC-1 role commander", "bob");
  const auto position = *s.store.last_position();
  s.console->live().run_once();
  const std::string heard = live.until("event: desk") + live.until("\n\n");
  CHECK(heard.find(id_line(position)) != std::string::npos);
  CHECK(heard.find("@Bob") != std::string::npos);
  CHECK(heard.find("<returns>") == std::string::npos);
}

TEST_CASE("Live: coming back with the last event id brings exactly what was missed, once and in order") {
  Stage s;
  Browser bob(s, "bob");
  s.say("declare sev1 x");
  const auto seen = *s.store.last_position();
  for (int i = 0; i < 30; ++i) s.say("INC-1 note number " + std::to_string(i) + ".");
  const auto last = *s.store.last_position();
  Listener live(s, bob, "incident=1&after=0", "Last-Event-ID: " + std::to_string(seen) + "\r\n");
  s.console->live().run_once();
  const std::string heard = live.until("event: desk");
  std::size_t at = 0;
  for (auto position = seen + 1; position <= last; ++position) {
    const auto found = heard.find(id_line(position), at);
    REQUIRE(found != std::string::npos);
    CHECK(heard.find(id_line(position), found + 1) == std::string::npos);
    at = found;
  }
  CHECK(heard.find(id_line(seen)) == std::string::npos);
}

TEST_CASE("Live: many entries come over several rounds without a gap") {
  console::LiveLimits limits;
  limits.page = 7;
  limits.pages_per_round = 2;
  Stage s(limits);
  Browser bob(s, "bob");
  s.say("declare sev1 x");
  s.say("declare sev2 y");
  const auto from = *s.store.last_position();
  for (int i = 0; i < 40; ++i) s.say("INC-" + std::to_string(1 + i % 2) + " note n");
  const auto last = *s.store.last_position();
  Listener live(s, bob, "incident=0&after=" + std::to_string(from));
  int rounds = 0;
  while (s.console->live().run_once()) REQUIRE(++rounds < 20);
  CHECK(rounds >= 2);
  const std::string heard = live.until(id_line(last));
  for (auto position = from + 1; position <= last; ++position) CHECK(heard.find(id_line(position)) != std::string::npos);
}

TEST_CASE("Live: entries of other incidents are not sent, but move the place on") {
  Stage s;
  Browser bob(s, "bob");
  s.say("declare sev1 x");
  s.say("declare sev2 y");
  Listener live(s, bob, "incident=1&after=" + std::to_string(*s.store.last_position()));
  s.say("INC-2 note elsewhere");
  s.console->live().run_once();
  const std::string heard = live.until("id: " + std::to_string(*s.store.last_position()) + "\n\n");
  CHECK(heard.find("elsewhere") == std::string::npos);
  CHECK(heard.find("event: entry") == std::string::npos);
}

TEST_CASE("Live: a private incident reaches only its people") {
  Stage s;
  Browser mallory(s, "mallory"), alice(s, "alice");
  Listener other(s, mallory, "incident=0&after=0"), admin(s, alice, "incident=0&after=0");
  bot::Entry entry;
  entry.incident = 1;
  entry.seq = 1;
  entry.kind = bot::EntryKind::declared;
  entry.recorded_at = entry.occurred_at = s.env.clock.now();
  entry.actor = {bot::ActorKind::person, "bob", {}, false};
  entry.text = "salary data leaked";
  entry.facts = {{"severity", "sev1"}, {"private", "yes"}};
  entry.hash = bot::chain_hash({}, entry);
  bot::Changes changes;
  changes.entries = {entry};
  changes.incidents.emplace_back();
  bot::apply(changes.incidents.back(), entry);
  std::vector<bot::Changes> batch{changes};
  REQUIRE(s.store.commit(batch).ok());
  s.console->live().run_once();
  CHECK(other.until("event: banner").find("salary") == std::string::npos);
  CHECK(admin.until("event: banner").find("salary data leaked") != std::string::npos);
}

TEST_CASE("Live: a revoked session is closed before it hears more") {
  Stage s;
  Browser bob(s, "bob");
  s.say("declare sev1 x");
  Listener live(s, bob, "incident=1&after=" + std::to_string(*s.store.last_position()));
  s.console->live().run_once();
  live.until("event: banner");
  REQUIRE(s.store.end_session(bob.cookie.substr(bob.cookie.find('=') + 1)).ok());
  s.say("INC-1 note a secret");
  s.console->live().run_once();
  const std::string heard = live.until("signed out");
  CHECK(heard.find("a secret") == std::string::npos);
  CHECK(live.ended());
  s.console->live().run_once();
  CHECK(s.console->live().listening() == 0);
}

TEST_CASE("Live: signing out closes the pages of that session at once and no others") {
  Stage s;
  Browser bob(s, "bob"), alice(s, "alice");
  Listener mine(s, bob, "incident=0"), hers(s, alice, "incident=0");
  REQUIRE(bob.post("/logout", "form_token=" + bob.form_token, s.same_origin()).status == 303);
  mine.until("signed out");
  CHECK(mine.ended());
  s.console->live().run_once();
  CHECK(s.console->live().listening() == 1);
}

TEST_CASE("Live: silence is broken by a heartbeat every 15 seconds, which also notices a revoked session") {
  Stage s;
  Browser bob(s, "bob");
  Listener live(s, bob, "incident=0");
  s.console->live().run_once();
  live.until("event: banner");
  live.until("\n\n");
  s.env.advance(bot::Millis{14000});
  s.console->live().run_once();
  s.env.advance(bot::Millis{1500});
  s.console->live().run_once();
  CHECK(live.until("event: beat\ndata: 1\n\n").find("event: beat") != std::string::npos);
  REQUIRE(s.store.end_session(bob.cookie.substr(bob.cookie.find('=') + 1)).ok());
  s.env.advance(bot::Millis{16000});
  s.console->live().run_once();
  live.until("signed out");
  CHECK(live.ended());
}

TEST_CASE("Live: damage found in the store shows at the next heartbeat") {
  Stage s;
  Browser bob(s, "bob");
  Listener live(s, bob, "incident=0");
  s.console->live().run_once();
  live.until("event: banner");
  s.problem = "entry 12 of INC-1 is damaged";
  s.env.advance(bot::Millis{15000});
  s.console->live().run_once();
  CHECK(live.until("is damaged").find("event: banner") != std::string::npos);
}

TEST_CASE("Live: one session keeps a few streams; the oldest is parked") {
  console::LiveLimits limits;
  limits.streams_per_session = 2;
  limits.streams = 3;
  Stage s(limits);
  Browser bob(s, "bob"), alice(s, "alice");
  Listener first(s, bob, "incident=0"), second(s, bob, "incident=0"), third(s, bob, "incident=0");
  first.until("parked");
  CHECK(first.ended());
  CHECK(s.console->live().listening() == 2);
  Listener hers(s, alice, "incident=0");
  Browser mallory(s, "mallory");
  Listener refused(s, mallory, "incident=0");
  CHECK(refused.head.find(" 503 ") != std::string::npos);
}

TEST_CASE("Live: who is too far behind is told to load the page anew") {
  console::LiveLimits limits;
  limits.farthest = 20;
  Stage s(limits);
  Browser bob(s, "bob");
  s.say("declare sev1 x");
  for (int i = 0; i < 30; ++i) s.say("INC-1 note n");
  Listener live(s, bob, "incident=1&after=1");
  s.console->live().run_once();
  const std::string heard = live.until("event: far");
  CHECK(heard.find("event: entry") == std::string::npos);
}

TEST_CASE("Live: a correction brings the old line anew") {
  Stage s;
  Browser bob(s, "bob");
  s.say("declare sev1 x");
  s.say("INC-1 note it was node 3");
  const auto seq = s.store.timeline(1, 0, 100)->back().seq;
  Listener live(s, bob, "incident=1&after=" + std::to_string(*s.store.last_position()));
  s.say("INC-1 correct " + std::to_string(seq) + " it was node 4");
  s.console->live().run_once();
  const std::string heard = live.until("event: desk");
  CHECK(heard.find("<del>it was node 3</del>") != std::string::npos);
}

TEST_CASE("Live: bad positions and unknown incidents are refused or begin at the end") {
  Stage s;
  Browser bob(s, "bob");
  CHECK(bob.get("/console/events?incident=9").status == 404);
  s.say("declare sev1 x");
  Listener live(s, bob, "incident=1&after=-5", "Last-Event-ID: 99999999999999999999\r\n");
  s.say("INC-1 note later");
  s.console->live().run_once();
  CHECK(live.until("event: desk").find("later") != std::string::npos);
}

TEST_CASE("Live: stopping ends every stream at once and lets no new one in") {
  Stage s;
  Browser bob(s, "bob");
  Listener live(s, bob, "incident=0");
  s.console->stop();
  CHECK(live.ended());
  CHECK(bob.get("/console/events?incident=0").status == 503);
}
