#include "bot/delivery.hpp"

#include <catch2/catch.hpp>

using namespace bot;

namespace {

const Time kNow{Millis{1'000'000'000}};

QueuedMessage leased(LaneClass cls = LaneClass::room) {
  QueuedMessage q;
  q.message.id = "m1";
  q.message.lane_class = cls;
  q.message.content = Say{};
  q.message.created = kNow;
  q.message.deadline = kNow + Millis{3'600'000};
  q.state = MessageState::sending;
  q.boot = "boot";
  return q;
}

}  // namespace

TEST_CASE("an accepted message is sent and its lane is free") {
  const auto after = after_send(leased(), Accepted{}, RepeatPolicy::prefer_once, kNow, 7);
  CHECK(after.state == MessageState::sent);
  CHECK(after.boot.empty());
}

TEST_CASE("a rate limit waits as long as the vendor says and is not an attempt") {
  const auto after = after_send(leased(), NotSent{"rate limited", Millis{30000}, false}, RepeatPolicy::prefer_once, kNow, 7);
  CHECK(after.state == MessageState::queued);
  CHECK(after.attempts == 0);
  CHECK(after.next_at == kNow + Millis{30000});
}

TEST_CASE("a message that was certainly not sent is tried again with growing, bounded waits") {
  auto m = leased();
  for (int i = 1; i <= 12; ++i) {
    m = after_send(m, NotSent{"connection refused", {}, true}, RepeatPolicy::prefer_once, kNow, 0xffffffffffffull * static_cast<unsigned>(i));
    CHECK(m.attempts == i);
    CHECK(m.next_at > kNow);
    CHECK(m.next_at <= kNow + Millis{60000 + 250});
    m.state = MessageState::sending;
  }
}

TEST_CASE("a page backs off no longer than fifteen seconds") {
  for (std::uint64_t chance = 0; chance < 50000; chance += 777) CHECK(backoff(30, Millis{1000}, Millis{15000}, chance) <= Millis{15250});
}

TEST_CASE("after an unknown outcome a chat message is looked for before it is sent again") {
  auto m = after_send(leased(), Doubtful{"timeout"}, RepeatPolicy::prefer_once, kNow, 7);
  REQUIRE(m.state == MessageState::unknown);
  m.in_doubt = true;
  CHECK(must_look(m, RepeatPolicy::prefer_once));
  SECTION("found: it is sent") { CHECK(after_find(m, Accepted{}, RepeatPolicy::prefer_once, kNow, 7).state == MessageState::sent); }
  SECTION("missing: it is sent again") {
    const auto again = after_find(m, Missing{}, RepeatPolicy::prefer_once, kNow, 7);
    CHECK(again.state == MessageState::queued);
    CHECK_FALSE(must_look(again, RepeatPolicy::prefer_once));
  }
  SECTION("the look failed: it looks again later") {
    const auto later = after_find(m, CannotLook{"503"}, RepeatPolicy::prefer_once, kNow, 7);
    CHECK(later.state == MessageState::unknown);
    CHECK(later.next_at > kNow);
  }
}

TEST_CASE("a look that waits for the vendor's limit is no attempt, and comes when it was told to") {
  const auto policy = GENERATE(RepeatPolicy::prefer_once, RepeatPolicy::never_twice);
  auto m = after_send(leased(), Doubtful{"timeout"}, policy, kNow, 7);
  const auto later = after_find(m, CannotLook{"429", Millis{17000}}, policy, kNow, 7);
  CHECK(later.state == MessageState::unknown);
  CHECK(later.next_at == kNow + Millis{17000});
  CHECK(later.attempts == m.attempts);
  CHECK(later.looks == m.looks);
}

TEST_CASE("an idempotent message is simply sent again after an unknown outcome") {
  const auto m = after_send(leased(), Doubtful{"timeout"}, RepeatPolicy::free, kNow, 7);
  CHECK(m.state == MessageState::queued);
}

TEST_CASE("a public update in doubt is looked for twice, ten seconds apart, sent once more, and held at the second doubt") {
  auto m = leased(LaneClass::public_update);
  m = after_send(m, Doubtful{"timeout"}, RepeatPolicy::never_twice, kNow, 7);
  REQUIRE(m.state == MessageState::unknown);
  m = after_find(m, Missing{}, RepeatPolicy::never_twice, kNow, 7);
  REQUIRE(m.state == MessageState::unknown);
  CHECK(m.next_at - kNow >= Millis{10000});
  m = after_find(m, Missing{}, RepeatPolicy::never_twice, kNow, 7);
  REQUIRE(m.state == MessageState::queued);
  m = after_send(m, Doubtful{"timeout"}, RepeatPolicy::never_twice, kNow, 7);
  REQUIRE(m.state == MessageState::unknown);
  m = after_find(m, Missing{}, RepeatPolicy::never_twice, kNow, 7);
  m = after_find(m, Missing{}, RepeatPolicy::never_twice, kNow, 7);
  CHECK(m.state == MessageState::held);
}

TEST_CASE("a process that died while sending a public update counts as a doubt") {
  auto m = leased(LaneClass::public_update);
  m.deaths = 1;
  m.doubts = 1;
  m.in_doubt = true;
  m = after_find(m, Missing{}, RepeatPolicy::never_twice, kNow, 7);
  m = after_find(m, Missing{}, RepeatPolicy::never_twice, kNow, 7);
  CHECK(m.state == MessageState::held);
}

TEST_CASE("a page in doubt whose look fails is sent again: twice is better than none") {
  auto m = after_send(leased(LaneClass::page), Doubtful{"timeout"}, RepeatPolicy::harmless, kNow, 7);
  REQUIRE(m.state == MessageState::unknown);
  CHECK(after_find(m, CannotLook{"503"}, RepeatPolicy::harmless, kNow, 7).state == MessageState::queued);
}

TEST_CASE("a permanent refusal is given up at once, a refused token is not") {
  CHECK(after_send(leased(), Refused{"channel_not_found", false}, RepeatPolicy::prefer_once, kNow, 7).state == MessageState::dead);
  const auto waiting = after_send(leased(), Refused{"invalid_auth", true}, RepeatPolicy::prefer_once, kNow, 7);
  CHECK(waiting.state == MessageState::queued);
  CHECK(waiting.attempts == 0);
}

TEST_CASE("past its deadline a chat message is given up and a public update waits for a person") {
  auto late = leased();
  late.message.deadline = kNow;
  CHECK(after_send(late, NotSent{"refused", {}, true}, RepeatPolicy::prefer_once, kNow, 7).state == MessageState::dead);
  CHECK(after_send(late, NotSent{"refused", {}, true}, RepeatPolicy::never_twice, kNow, 7).state == MessageState::held);
}

TEST_CASE("while the token is at fault nothing is given up, not even past its deadline") {
  const Time late = kNow + Millis{7'200'000};
  const auto after = after_send(leased(LaneClass::page), Refused{"token_revoked", true}, RepeatPolicy::harmless, late, 7);
  CHECK(after.state == MessageState::queued);
  CHECK(after.attempts == 0);
  CHECK(after.next_at > late);
}
