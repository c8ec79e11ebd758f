#include <catch2/catch.hpp>
#include <atomic>
#include <chrono>
#include <functional>

#include "bot/env.hpp"
#include "bot/incident.hpp"
#include "bot/lifecycle.hpp"
#include "bot/lull.hpp"
#include "bot/occasionally.hpp"
#include "bot/people.hpp"

using namespace bot;

TEST_CASE("what happens thousands of times is said at once and then once a period, with its count") {
  Occasionally often(Millis{10000});
  CHECK(often.count(Millis{5}) == 1);
  for (int i = 0; i < 99; ++i) CHECK_FALSE(often.count(Millis{6}));
  CHECK(often.count(Millis{10005}) == 100);
  CHECK_FALSE(often.count(Millis{10006}));
}

TEST_CASE("the store's log is emptied when little is written, and once a minute in a flood") {
  Lull lull;
  CHECK(lull.now(100, 0));
  CHECK_FALSE(lull.now(200, 1));  // somebody waits
  CHECK(lull.now(300, 0));
  for (std::uint64_t round = 1; round <= 180; ++round) CHECK(lull.now(300 + 101 * round, 0) == (round % 60 == 0));
  CHECK(lull.now(300 + 101 * 180, 0));
}

TEST_CASE("a loop that is woken all the time runs no more often than its pause allows, and stops at once") {
  std::atomic<int> steps{0};
  const Millis pause{20};
  const auto begin = std::chrono::steady_clock::now();
  Loop loop("paused", [&steps] { return ++steps, Millis{60000}; }, pause);
  loop.start();
  while (steps < 5) loop.wake();
  CHECK(std::chrono::steady_clock::now() - begin >= 4 * pause);
  loop.stop();
  CHECK(steps < 1 + (std::chrono::steady_clock::now() - begin) / pause + 1);
}

TEST_CASE("times round-trip through ISO 8601 with zones and fractions") {
  Time t{};
  REQUIRE(parse_iso8601("2026-11-23T15:42:18.042Z", t));
  CHECK(iso8601(t) == "2026-11-23T15:42:18.042Z");
  Time zoned{};
  REQUIRE(parse_iso8601("2026-11-23T17:42:18.042+02:00", zoned));
  CHECK(zoned == t);
  REQUIRE(parse_iso8601("0001-01-01T00:00:00Z", zoned));
  REQUIRE(parse_iso8601("2026-02-28T23:59:60Z", zoned));
  REQUIRE(parse_iso8601("2026-11-23T15:42:18.123456789Z", zoned));
  CHECK(iso8601(zoned) == "2026-11-23T15:42:18.123Z");
}

TEST_CASE("a text that is no time is refused") {
  Time t{};
  for (const char* bad : {"", "2026-11-23", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23T25:00:00Z", "2026-11-23T15:42:18", "2026-11-23T15:42:18.Z",
                          "2026-11-23T15:42:18Zjunk", "2026-11-23T15:42:18+2:00", "now"})
    CHECK_FALSE(parse_iso8601(bad, t));
}

TEST_CASE("durations are said in the two largest units that matter") {
  CHECK(duration_text(Millis{900}) == "0 s");
  CHECK(duration_text(Millis{45'000}) == "45 s");
  CHECK(duration_text(Millis{23 * 60'000}) == "23 min");
  CHECK(duration_text(Millis{2 * 3'600'000 + 5 * 60'000}) == "2 h 5 min");
  CHECK(duration_text(Millis{-5}) == "0 s");
}

TEST_CASE("ids are 32 hex characters, unique, and sort by time") {
  auto clock = system_clock();
  auto random = system_random();
  auto ids = system_ids(*clock, *random);
  const std::string a = ids->next();
  CHECK(a.size() == 32);
  CHECK(a.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(a[12] == '7');
  CHECK(a != ids->next());
}

TEST_CASE("people are found by id, name, mention token and identity; two of one name are ambiguous") {
  People people;
  people.put({"alice", "Alice", true, {{"slack", "U01"}}, ""});
  CHECK(people.by_word("@Alice")->id == "alice");
  CHECK(people.by_word("ALICE")->id == "alice");
  CHECK(people.by_word("<@slack:U01|whoever>")->id == "alice");
  CHECK(people.by_identity("slack", "U01")->id == "alice");
  CHECK(people.by_word("<@slack:U77|dana>")->id == "slack:U77");
  CHECK_FALSE(people.by_word("nobody"));
  CHECK_FALSE(people.by_word("@"));
  CHECK_FALSE(people.by_word("<@slack:>"));
  people.put({"a2", "Bob", false, {}, ""});
  people.put({"a3", "Bob", false, {}, ""});
  CHECK_FALSE(people.by_word("bob"));
  CHECK(people.name_of("slack:U99") == "U99");
}

TEST_CASE("an incident is named in any of its usual ways") {
  CHECK(incident_number("INC-7") == 7);
  CHECK(incident_number("inc-12") == 12);
  CHECK(incident_number("#3") == 3);
  CHECK(incident_number("44") == 44);
  for (const char* bad : {"", "INC-", "INC-0", "INC-x", "7a", "-7", "INC-99999999999999999999"}) CHECK_FALSE(incident_number(bad));
}

namespace {

Entry entry(std::int64_t seq, EntryKind kind, std::string text, Facts facts) {
  Entry e;
  e.incident = 1;
  e.seq = seq;
  e.kind = kind;
  e.text = std::move(text);
  e.facts = std::move(facts);
  e.actor = Actor{ActorKind::person, "dana", {}, false};
  e.recorded_at = e.occurred_at = Time{Millis{1000 * seq}};
  return e;
}

}  // namespace

TEST_CASE("folding the entries gives the incident as it stands") {
  Incident row;
  apply(row, entry(1, EntryKind::declared, "checkout returns 500", {{"severity", "sev1"}}));
  apply(row, entry(2, EntryKind::role, "", {{"role", "commander"}, {"person", "bob"}, {"how", "claimed"}}));
  apply(row, entry(3, EntryKind::severity, "", {{"from", "sev1"}, {"to", "sev2"}}));
  apply(row, entry(4, EntryKind::public_update, "We are looking into it.",
                   {{"op", "o1"}, {"state", "investigating"}, {"title", "Problems with API"}, {"pages", "public,vendor"}, {"component:api", "major_outage"}}));
  apply(row, entry(5, EntryKind::public_shown, "", {{"op", "o1"}, {"page", "vendor"}, {"link", "https://s/1"}}));
  CHECK(row.number == 1);
  CHECK(row.title == "checkout returns 500");
  CHECK(row.severity == "sev2");
  CHECK(row.roles.at("commander") == "bob");
  CHECK(row.members == std::set<std::string>{"bob", "dana"});
  CHECK(row.publication.pages.at("vendor").state == PageState::shown);
  CHECK(row.publication.pages.at("public").state == PageState::pending);
  CHECK(row.last_seq == 5);
  apply(row, entry(6, EntryKind::public_update, "Found it.", {{"op", "o2"}, {"state", "identified"}, {"title", "Problems with API"}, {"pages", "public,vendor"}}));
  apply(row, entry(7, EntryKind::public_shown, "", {{"op", "o1"}, {"page", "public"}}));
  CHECK(row.publication.pages.at("public").state == PageState::pending);
}

TEST_CASE("a page stays held while a newer update waits behind the held one, until that is settled") {
  const auto publish = [](Incident& row, std::int64_t seq, const char* op, Facts more = {}) {
    Facts facts{{"op", op}, {"state", "identified"}, {"title", "T"}, {"pages", "vendor"}};
    facts.insert(facts.end(), more.begin(), more.end());
    apply(row, entry(seq, EntryKind::public_update, "x", facts));
  };
  Incident row;
  const auto page = [&row] { return row.publication.pages.at("vendor"); };
  apply(row, entry(1, EntryKind::declared, "t", {{"severity", "sev1"}}));
  publish(row, 2, "o1");
  apply(row, entry(3, EntryKind::public_held, "no answer", {{"op", "o1"}, {"page", "vendor"}}));
  publish(row, 4, "o2", {{"behind:vendor", "o1"}});
  CHECK(page() == PublicOnPage{"o2", PageState::held, "", "o1"});
  publish(row, 5, "o3", {{"behind:vendor", "o1"}});
  CHECK(page() == PublicOnPage{"o3", PageState::held, "", "o1"});
  apply(row, entry(6, EntryKind::public_dropped, "", {{"op", "o1"}, {"page", "vendor"}}));
  CHECK(page() == PublicOnPage{"o3", PageState::pending, "", ""});
  apply(row, entry(7, EntryKind::public_held, "no answer", {{"op", "o2"}, {"page", "vendor"}, {"newest", "o3"}}));
  CHECK(page() == PublicOnPage{"o3", PageState::held, "", "o2"});
  apply(row, entry(8, EntryKind::public_resent, "", {{"op", "o2"}, {"page", "vendor"}}));
  apply(row, entry(9, EntryKind::public_delayed, "401", {{"op", "o2"}, {"page", "vendor"}}));
  CHECK(page() == PublicOnPage{"o3", PageState::delayed, "", "o2", "401", 9});
  apply(row, entry(10, EntryKind::public_shown, "", {{"op", "o2"}, {"page", "vendor"}, {"link", "https://s/1"}}));
  CHECK(page() == PublicOnPage{"o3", PageState::pending, "https://s/1", ""});
  apply(row, entry(11, EntryKind::public_shown, "", {{"op", "o3"}, {"page", "vendor"}}));
  CHECK(page().state == PageState::shown);
}

TEST_CASE("a timeline from before held updates stayed visible folds to the row that was stored with it") {
  Incident row;
  apply(row, entry(1, EntryKind::declared, "t", {{"severity", "sev1"}}));
  for (const std::int64_t seq : {2, 4})
    apply(row, entry(seq, EntryKind::public_update, "x", {{"op", "o" + std::to_string(seq)}, {"state", "identified"}, {"title", "T"}, {"pages", "vendor"}}));
  apply(row, entry(5, EntryKind::public_held, "no answer", {{"op", "o2"}, {"page", "vendor"}, {"message", "m"}}));
  CHECK(row.publication.pages.at("vendor") == PublicOnPage{"o4", PageState::pending, "", ""});
  CHECK(row.publication.since == row.publication.updated_at);
}

TEST_CASE("a public state holds since it was first said, however often it is said again") {
  Incident row;
  apply(row, entry(1, EntryKind::declared, "t", {{"severity", "sev1"}}));
  apply(row, entry(2, EntryKind::public_update, "x", {{"op", "o1"}, {"state", "identified"}, {"title", "T"}, {"pages", "vendor"}}));
  apply(row, entry(3, EntryKind::public_update, "y", {{"op", "o2"}, {"state", "identified"}, {"title", "T"}, {"pages", "vendor"}, {"since", iso8601(Time{Millis{2000}})}}));
  CHECK(row.publication.since == Time{Millis{2000}});
  CHECK(row.publication.updated_at == Time{Millis{3000}});
}

TEST_CASE("scrubbing a row gives what folding without the redacted text would") {
  Incident row, folded;
  auto first = entry(1, EntryKind::declared, "secret customer", {{"severity", "sev1"}});
  auto second = entry(2, EntryKind::impact, "everything", {});
  apply(row, first);
  apply(row, second);
  scrub(row, first);
  first.text.reset();
  apply(folded, first);
  apply(folded, second);
  CHECK(row == folded);
}

TEST_CASE("the chain changes with every field of an entry and not with its text alone") {
  Entry e = entry(1, EntryKind::note, "text", {{"a", "b"}});
  e.salt = std::string(16, 'x');
  e.text_hash = text_hash(e.salt, *e.text);
  const Hash zero{};
  const Hash h = chain_hash(zero, e);
  CHECK(hex(h).size() == 64);
  Entry gone = e;
  gone.text.reset();
  gone.salt.clear();
  CHECK(chain_hash(zero, gone) == h);
  for (auto change : std::vector<std::function<void(Entry&)>>{
           [](Entry& x) { x.seq = 2; }, [](Entry& x) { x.kind = EntryKind::update; }, [](Entry& x) { x.facts[0].second = "c"; },
           [](Entry& x) { x.facts = {{"ab", ""}}; }, [](Entry& x) { x.actor.id = "eve"; }, [](Entry& x) { x.source = "api"; },
           [](Entry& x) { x.occurred_at += Millis{1}; }, [](Entry& x) { x.recorded_at += Millis{1}; }, [](Entry& x) { x.text_hash[0] ^= 1; }}) {
    Entry other = e;
    change(other);
    CHECK(chain_hash(zero, other) != h);
  }
}
