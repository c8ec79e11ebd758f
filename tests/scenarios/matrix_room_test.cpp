// From "declare" to a room people can work in, on a real Synapse that takes 100 ms longer for every call: which calls follow one another, and
// what may not delay them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>

#include "integrations/http/server.hpp"
#include "tests/scenarios/matrix_scene.hpp"

using namespace scene;
using support::wait_for;

namespace {

constexpr bot::Millis kCall{100};

bool is_sync(const WireCall& call) { return call.path.find("/sync") != std::string::npos; }

/// The first good call like this from `begin` on; null when there is none.
const WireCall* call_of(const std::vector<WireCall>& calls, bot::Millis begin, const std::string& method, const std::string& path, const std::string& within = "") {
  const WireCall* first = nullptr;
  for (const auto& call : calls)
    if (call.method == method && call.status == 200 && call.arrived >= begin && call.path.find(path) != std::string::npos && call.body.find(within) != std::string::npos)
      if (first == nullptr || call.arrived < first->arrived) first = &call;
  return first;
}

/// What a room needs before people can work in it.
struct Usable { const WireCall *room, *topic, *invitation, *card, *pin; };

Usable usable(const std::vector<WireCall>& calls, bot::Millis begin, const std::string& alice) {
  Usable out{};
  out.room = call_of(calls, begin, "POST", "/createRoom");
  if (out.room == nullptr) return out;
  const std::string room = "/rooms/" + http::percent_encode(json::parse(out.room->answer).value("room_id", ""));
  out.topic = call_of(calls, begin, "PUT", room + "/state/m.room.topic");
  out.invitation = call_of(calls, begin, "POST", room + "/invite", alice);
  out.card = call_of(calls, begin, "PUT", room + "/send/m.room.message");
  out.pin = call_of(calls, begin, "PUT", room + "/state/m.room.pinned_events");
  return out;
}

/// When Muster was told of the event.
bot::Millis heard(const std::vector<WireCall>& calls, const std::string& event) {
  for (const auto& call : calls)
    if (is_sync(call) && call.answer.find(event) != std::string::npos) return call.answered;
  return bot::Millis{0};
}

bot::Millis took(const WireCall* call) { return call->answered - call->arrived; }

}  // namespace

TEST_CASE("Matrix: a declared incident has a usable room after the calls that must follow one another, whatever else there is to do") {
  if (no_homeserver()) return;
  MatrixOptions options;
  options.each_call = kCall;
  MatrixScene s(shared_homeserver(), options);
  REQUIRE(s.start());
  std::vector<double> times;
  std::vector<std::int64_t> totals;
  for (int n = 1; n <= 5; ++n) {
    const std::string event = s.people->say("alice", s.announcements, "!incident declare sev1 checkout returns 500");
    Usable u{};
    std::vector<WireCall> calls;
    bot::Millis begin{0};
    REQUIRE(wait_for([&] {
      calls = s.slow->calls();
      begin = heard(calls, event);
      if (begin.count() == 0) return false;
      u = usable(calls, begin, s.alice.user_id);
      return u.room != nullptr && u.topic != nullptr && u.invitation != nullptr && u.card != nullptr && u.pin != nullptr;
    }, 60));
    const bot::Millis end = std::max({u.topic->answered, u.invitation->answered, u.card->answered, u.pin->answered});
    // The room comes first, the pin needs the card; nothing else has to wait for anything else.
    CHECK(u.topic->arrived < u.card->answered);
    CHECK(u.invitation->arrived < u.pin->answered);
    CHECK(u.pin->arrived >= u.card->answered);
    const bot::Millis must = took(u.room) + took(u.card) + took(u.pin), total = end - begin;
    totals.push_back(total.count());
    times.push_back(static_cast<double>(total.count()) / static_cast<double>(must.count()));
    std::printf("matrix: declare %d to usable room with %lld ms a call: %lld ms (room made after %lld, card %lld, topic %lld, invitation %lld, pin %lld); calls that must follow one another %lld ms\n",
                n, static_cast<long long>(kCall.count()), static_cast<long long>(total.count()), static_cast<long long>((u.room->answered - begin).count()),
                static_cast<long long>((u.card->answered - begin).count()), static_cast<long long>((u.topic->answered - begin).count()),
                static_cast<long long>((u.invitation->answered - begin).count()), static_cast<long long>((u.pin->answered - begin).count()), static_cast<long long>(must.count()));
    REQUIRE(s.waits_for("room_opened", 1, 60, n));
  }
  std::sort(times.begin(), times.end());
  std::printf("matrix: declare to usable room: median %.2f times what must follow, slowest %.2f times\n", times[2], times.back());
  CHECK(times[2] <= 1.5);
  CHECK(s.muster->stop() == 0);
  s.end_polls();
}
