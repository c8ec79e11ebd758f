// What every store promises to those who read, and about sign-ins.
#include "tests/contract/stores.hpp"

using namespace contract;
using bot::EntryKind;

TEMPLATE_TEST_CASE("incidents are listed newest first, filtered and in pages", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  for (int i = 1; i <= 6; ++i) commit(subject.store(), s.one(i, EntryKind::declared, "t" + std::to_string(i), i == 3 ? bot::Facts{{"private", "yes"}} : bot::Facts{}));
  commit(subject.store(), s.one(2, EntryKind::resolved));
  commit(subject.store(), s.one(4, EntryKind::closed));
  commit(subject.store(), s.one(5, EntryKind::cancelled));
  auto numbers = [&](const bot::IncidentFilter& filter) {
    std::vector<std::int64_t> out;
    for (const auto& i : must(subject.reader().incidents(filter))) out.push_back(i.number);
    return out;
  };
  using Numbers = std::vector<std::int64_t>;
  CHECK(numbers({}) == Numbers{6, 3, 2, 1});
  CHECK(numbers({.include_private = false}) == Numbers{6, 2, 1});
  CHECK(numbers({.open_only = false}) == Numbers{6, 5, 4, 3, 2, 1});
  CHECK(numbers({.open_only = false, .before = 5, .limit = 2}) == Numbers{4, 3});
  CHECK(numbers({.open_only = true, .before = 3}) == Numbers{2, 1});
}

TEMPLATE_TEST_CASE("a timeline is read in pages", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  auto changes = s.one(1, EntryKind::declared, "a");
  for (int i = 2; i <= 25; ++i) s.write(changes, 1, EntryKind::note, "n" + std::to_string(i));
  commit(subject.store(), changes);
  commit(subject.store(), s.one(2, EntryKind::declared, "other"));
  std::int64_t after = 0;
  for (std::vector<bot::Entry> page; !(page = must(subject.reader().timeline(1, after, 10))).empty();) {
    CHECK(page.size() <= 10);
    for (const auto& e : page) {
      CHECK(e.seq == after + 1);
      after = e.seq;
    }
  }
  CHECK(after == 25);
  CHECK(must(subject.reader().timeline(3, 0, 10)).empty());
}

TEMPLATE_TEST_CASE("public updates of the newest incidents that have any come in commit order", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  Scribe s;
  for (int i = 1; i <= 5; ++i) commit(subject.store(), s.one(i, EntryKind::declared, "t"));
  for (const std::int64_t i : {4, 1, 2, 4}) commit(subject.store(), s.one(i, EntryKind::public_update, "public " + std::to_string(i), {{"op", "x"}, {"state", "identified"}}));
  auto incidents = [&](int limit) {
    std::vector<std::int64_t> out;
    for (const auto& e : must(subject.reader().public_updates(limit))) {
      CHECK(e.kind == EntryKind::public_update);
      out.push_back(e.incident);
    }
    return out;
  };
  CHECK(incidents(10) == std::vector<std::int64_t>{4, 1, 2, 4});
  CHECK(incidents(2) == std::vector<std::int64_t>{4, 2, 4});
}

TEMPLATE_TEST_CASE("signing a person out ends all their sessions and links, counts the good ones, and leaves others alone", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  const bot::Time now{bot::Millis{1000000}};
  const auto later = [&](int s) { return now + bot::Millis{s * 1000}; };
  bot::Credentials& c = subject.credentials();
  const auto session = [&](const std::string& token, const std::string& person, int seconds) {
    REQUIRE(c.add_invite("to-" + token, person, later(60)).ok());
    REQUIRE(must(c.redeem_invite("to-" + token, token, now, later(seconds))) == person);
  };
  session("laptop", "bob", 3600);
  session("phone", "bob", 3600);
  session("expired", "bob", 10);
  session("other", "alice", 3600);
  REQUIRE(c.add_invite("unused", "bob", later(600)).ok());
  REQUIRE(c.add_invite("too-late", "bob", later(10)).ok());
  REQUIRE(c.add_invite("hers", "alice", later(600)).ok());
  const bot::SignedOut out = must(c.sign_out("bob", later(100)));
  CHECK(out.sessions == 2);
  CHECK(out.invites == 1);
  for (const char* token : {"laptop", "phone", "expired"}) CHECK_FALSE(must(c.session_person(token, later(1))));
  for (const char* token : {"unused", "too-late"}) CHECK_FALSE(must(c.peek_invite(token, later(1))));
  CHECK(must(c.session_person("other", later(100))) == "alice");
  CHECK(must(c.peek_invite("hers", later(100))) == "alice");
  const bot::SignedOut again = must(c.sign_out("bob", later(100)));
  CHECK(again.sessions == 0);
  CHECK(again.invites == 0);
}

TEMPLATE_TEST_CASE("an invite shows whom it is for and works once, until it expires", "[contract]", FakeSubject, SqliteSubject) {
  TestType subject;
  const bot::Time now{bot::Millis{1000000}};
  const auto later = [&](int s) { return now + bot::Millis{s * 1000}; };
  bot::Credentials& c = subject.credentials();
  REQUIRE(c.add_invite("token-1", "alice", later(600)).ok());
  CHECK_FALSE(must(c.peek_invite("token-2", now)));
  CHECK(must(c.peek_invite("token-1", now)) == "alice");
  CHECK(must(c.peek_invite("token-1", later(599))) == "alice");
  CHECK_FALSE(must(c.peek_invite("token-1", later(600))));
  CHECK_FALSE(must(c.redeem_invite("token-1", "s0", later(600), later(9999))));
  CHECK(must(c.redeem_invite("token-1", "s1", later(1), later(3600))) == "alice");
  CHECK_FALSE(must(c.redeem_invite("token-1", "s2", later(1), later(3600))));
  CHECK_FALSE(must(c.peek_invite("token-1", later(1))));
  CHECK(must(c.session_person("s1", later(3599))) == "alice");
  CHECK_FALSE(must(c.session_person("s1", later(3600))));
  CHECK_FALSE(must(c.session_person("s2", now)));
  REQUIRE(c.end_session("s1").ok());
  CHECK_FALSE(must(c.session_person("s1", later(2))));
}
