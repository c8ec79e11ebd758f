// From "declare" to a room people can work in, with a Slack that takes 100 ms for every call: which calls follow one another, and what may not delay them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/scenarios/scene.hpp"

using scene::Scene;
using support::FakeSlack;
using support::SlackCall;

namespace {

constexpr bot::Millis kCall{100};

/// What a room needs before people can work in it.
bool makes_it_usable(const SlackCall& call) {
  return call.method == "conversations.create" || call.method == "conversations.setTopic" || call.method == "conversations.invite" ||
         call.method == "chat.postMessage" || call.method == "pins.add";
}

/// The first of each of those calls for one room, in the order they arrived.
std::vector<SlackCall> first_calls(const FakeSlack& slack, const std::string& name, const std::string& id) {
  std::vector<SlackCall> out;
  for (const auto& call : slack.calls()) {
    const auto about = [&call](const char* arg, const std::string& value) { const auto it = call.args.find(arg); return it != call.args.end() && it->second == value; };
    const bool seen = std::any_of(out.begin(), out.end(), [&call](const auto& c) { return c.method == call.method; });
    if (!seen && makes_it_usable(call) && (about("channel", id) || about("name", name))) out.push_back(call);
  }
  return out;
}

/// The most of these calls that waited for one another: each began after the one before was answered.
int longest_chain(std::vector<SlackCall> calls) {
  std::sort(calls.begin(), calls.end(), [](const auto& a, const auto& b) { return a.answered < b.answered; });
  int chain = 0;
  bot::Millis free{-1};
  for (const auto& call : calls) {
    if (call.arrived < free) continue;
    ++chain;
    free = call.answered;
  }
  return chain;
}

const SlackCall& call_of(const std::vector<SlackCall>& calls, const std::string& method) {
  const auto it = std::find_if(calls.begin(), calls.end(), [&method](const auto& c) { return c.method == method; });
  REQUIRE(it != calls.end());
  return *it;
}

bool is_usable(Scene& s, int incident) {
  const std::string name = s.room_name(incident);
  const auto room = name.empty() ? std::nullopt : s.slack.channel(name);
  return room && !room->topic.empty() && room->members.count("U01") == 1 && room->pins.size() == 1;
}

}  // namespace

TEST_CASE("a declared incident has a usable room after the calls that must follow one another, whatever else there is to do") {
  Scene s;
  REQUIRE(s.muster->start());
  s.slack.each_call_takes(kCall);
  const auto clock = bot::system_clock();
  std::vector<std::int64_t> took;
  for (int n = 1; n <= 5; ++n) {
    const bot::Millis begin = clock->monotonic();
    CHECK(s.slash("declare sev1 checkout returns 500").find("INC-" + std::to_string(n)) != std::string::npos);
    REQUIRE(s.slack.wait_until([&] { return is_usable(s, n); }, 30));
    const std::string name = s.room_name(n);
    const auto calls = first_calls(s.slack, name, s.slack.channel(name)->id);
    REQUIRE(calls.size() == 5);
    bot::Millis end{0};
    for (const auto& call : calls) end = std::max(end, call.answered);
    took.push_back((end - begin).count());
    // The room comes first, the pin needs the card; nothing else has to wait for anything else.
    CHECK(calls.front().method == "conversations.create");
    CHECK(call_of(calls, "pins.add").arrived >= call_of(calls, "chat.postMessage").answered);
    CHECK(longest_chain(calls) == 3);
  }
  std::sort(took.begin(), took.end());
  const auto must = 3 * kCall.count();
  std::printf("slack: declare to usable room with %lld ms a call: median %lld ms, slowest %lld ms; the calls that must follow one another take %lld ms (%.2f times)\n",
              static_cast<long long>(kCall.count()), static_cast<long long>(took[2]), static_cast<long long>(took.back()), static_cast<long long>(must),
              static_cast<double>(took[2]) / static_cast<double>(must));
}
