// The steps beside the room's own: many people and groups, bookmarks, a channel that people made.
#include <catch2/catch.hpp>

#include "integrations/slack/bookmarks.hpp"
#include "tests/integrations/slack/canned.hpp"
#include "tests/integrations/slack/outside.hpp"

using namespace slack_tests;

namespace {

/// The sender over canned answers, with a room.
struct Extras : Outside {
  Canned canned;
  explicit Extras(bool room = true) {
    sender = slack::make_sender(settings, canned, people, env.env(), workspace);
    if (room) references.push_back({7, "slack", "room", "C07"});
  }
  /// Sends until it no longer asks to wait; the clock goes on meanwhile.
  bot::SendResult through(const bot::Message& m, int* waits = nullptr) {
    auto result = send(m);
    for (int i = 0; i < 50 && as<bot::NotSent>(result) && !as<bot::NotSent>(result)->counts; ++i) {
      if (waits != nullptr) ++*waits;
      env.advance(as<bot::NotSent>(result)->after.value_or(bot::Millis{1000}));
      result = send(m);
    }
    return result;
  }
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    out.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

TEST_CASE("A thousand people come in batches of a hundred, each asked once, with waits that are no attempts") {
  Extras o;
  std::string users;
  for (int i = 0; i < 1000; ++i) users += (i == 0 ? "" : ",") + ("\"U" + std::to_string(10000 + i) + "\"");
  o.canned.on("usergroups.users.list", R"({"ok":true,"users":[)" + users + "]}");
  o.canned.on("conversations.invite", R"({"ok":true,"channel":{"id":"C07"}})");
  const auto m = o.message(bot::InvitePeople{{"alice", "carol"}, {"S01"}});
  REQUIRE(as<bot::Accepted>(o.through(m)));
  std::set<std::string> asked;
  std::size_t all = 0;
  for (const auto& call : o.canned.asked) {
    if (call.method != "conversations.invite") continue;
    CHECK(call.args.at("force") == "true");
    const auto part = split(call.args.at("users"));
    CHECK(part.size() <= 100);
    all += part.size();
    asked.insert(part.begin(), part.end());
  }
  CHECK(all == 1001);
  CHECK(asked.size() == 1001);
  CHECK(o.canned.asked[1].args.at("users").rfind("U01,", 0) == 0);  // the responder first
  CHECK(o.canned.times("usergroups.users.list") == 1);
}

TEST_CASE("Who could not be added is told by name and reason, and a group that is not there does not keep the others out") {
  Extras o;
  o.people.put({"dana", "Dana", false, {{"slack", "U05"}}, ""});
  o.canned.on("usergroups.users.list", [](const Canned::Asked& asked) {
    return std::string(asked.args.at("usergroup") == "S01" ? R"({"ok":true,"users":["U05","U77",17,null]})" : R"({"ok":false,"error":"no_such_subteam"})");
  });
  o.canned.on("conversations.invite",
              R"({"ok":true,"errors":[{"user":"U05","ok":false,"error":"user_is_restricted"},{"user":"U77","ok":false,"error":"user_disabled"},{"user":"U01","ok":false,"error":"already_in_channel"},"nonsense"]})");
  const auto result = o.send(bot::InvitePeople{{"alice"}, {"S01", "S99"}});
  REQUIRE(as<bot::Refused>(result));
  const std::string& why = as<bot::Refused>(result)->reason;
  CHECK(why.find("Dana (the person is a guest and may not be added)") != std::string::npos);
  CHECK(why.find("U77") == std::string::npos);
  CHECK(why.find("somebody Muster has not met (the person's account is switched off)") != std::string::npos);  // Slack does not say who
  CHECK(why.find("the user group S99 of the settings") != std::string::npos);
  CHECK(why.find("..") == std::string::npos);
  CHECK(why.find("Alice") == std::string::npos);
}

TEST_CASE("Who could not be added is named though Muster has not met them: a few by Slack's word, no raw id ever, and the rest counted") {
  Extras o;
  o.people.put({"slack:U05", "U05", false, {{"slack", "U05"}}, ""});  // met, and known by the id until now
  std::string users, errors;
  for (int i = 5; i < 40; ++i) {
    const std::string id = "U" + std::string(i < 10 ? "0" : "") + std::to_string(i);
    users += (users.empty() ? "\"" : ",\"") + id + "\"";
    errors += (errors.empty() ? "" : ",") + (R"({"user":")" + id + R"(","ok":false,"error":"user_is_restricted"})");
  }
  o.canned.on("usergroups.users.list", R"({"ok":true,"users":[)" + users + "]}");
  o.canned.on("usergroups.list", R"({"ok":true,"usergroups":[{"id":"S99","handle":"sre-night"}]})");
  o.canned.on("users.info", [](const Canned::Asked& asked) { return R"({"ok":true,"user":{"profile":{"display_name":"Dana )" + asked.args.at("user").substr(1) + R"(."}}})"; });
  o.canned.on("conversations.invite", R"({"ok":true,"errors":[)" + errors + "]}");
  const auto result = o.send(bot::InvitePeople{{}, {"S01"}});
  REQUIRE(as<bot::Refused>(result));
  const std::string& why = as<bot::Refused>(result)->reason;
  CHECK(why.rfind("Not invited to the Slack room: Dana 05. (the person is a guest and may not be added), Dana 06. (", 0) == 0);
  CHECK(o.canned.times("users.info") == 5);
  CHECK(why.find("somebody Muster has not met (") != std::string::npos);
  CHECK(why.find(" and 15 more.") != std::string::npos);
  CHECK(why.find("U0") == std::string::npos);
  CHECK(why.find("U1") == std::string::npos);
  CHECK(why.find("..") == std::string::npos);

  o.canned.on("usergroups.users.list", R"({"ok":false,"error":"permission_denied"})");
  const auto group = o.send(bot::InvitePeople{{"alice"}, {"S99"}});
  REQUIRE(as<bot::Refused>(group));
  CHECK(as<bot::Refused>(group)->reason.find("the user group @sre-night (permission_denied)") != std::string::npos);
}

TEST_CASE("In a lane beside the room's, invitations and bookmarks wait for the room; the waiting is no attempt") {
  Extras o(false);
  for (const bot::Content& content : std::vector<bot::Content>{bot::InvitePeople{{"alice"}, {}}, bot::AddBookmarks{}}) {
    auto m = o.message(content);
    m.lane = "slack/INC-7/extras";
    const auto early = o.send(m);
    REQUIRE(as<bot::NotSent>(early));
    CHECK_FALSE(as<bot::NotSent>(early)->counts);
    CHECK(o.canned.asked.empty());
    auto in_line = m;
    in_line.lane = "slack/INC-7/room";
    CHECK(as<bot::Refused>(o.send(in_line)));  // it came after OpenRoom: there will be no room
    o.incident.phase = bot::Phase::closed;
    CHECK(as<bot::Accepted>(o.send(m)));
    o.incident.phase = bot::Phase::open;
  }
}

TEST_CASE("Bookmarks are timeline and status pages; what is there already is not added twice") {
  Extras o;
  bot::StatusPageSettings page;
  page.name = "public";
  page.url = "https://status.example.org";
  o.settings.status_pages = {page};
  std::vector<std::string> links;
  o.canned.on("bookmarks.list", [&links](const Canned::Asked&) {
    std::string all;
    for (const auto& link : links) all += (all.empty() ? "" : ",") + (R"({"id":"B1","link":")" + link + "\"}");
    return R"({"ok":true,"bookmarks":[)" + all + "]}";
  });
  o.canned.on("bookmarks.add", [&links](const Canned::Asked& asked) {
    CHECK(asked.args.at("type") == "link");
    CHECK(asked.args.at("channel_id") == "C07");
    links.push_back(asked.args.at("link"));
    return std::string(R"({"ok":true,"bookmark":{}})");
  });
  REQUIRE(as<bot::Accepted>(o.send(bot::AddBookmarks{})));
  CHECK(links == std::vector<std::string>{"https://muster.example.org/incidents/INC-7", "https://status.example.org"});
  REQUIRE(as<bot::Accepted>(o.send(bot::AddBookmarks{})));
  CHECK(links.size() == 2);

  o.settings.incidents.bookmarks = {{"Runbook", "https://wiki.example.org/checkout"}, {"Call", "javascript:alert(1)"}};
  REQUIRE(as<bot::Accepted>(o.send(bot::AddBookmarks{})));
  CHECK(links.size() == 3);
  CHECK(links.back() == "https://wiki.example.org/checkout");
  o.incident.is_private = true;
  CHECK(slack::bookmarks_of(o.settings, o.incident).size() == 2);
}

TEST_CASE("A channel that people made becomes the room: entered if public, and nothing about it is changed") {
  Extras o(false);
  bool member = false;
  o.canned.on("conversations.info", [&member](const Canned::Asked&) {
    return std::string(R"({"ok":true,"channel":{"id":"C42","name":"db-trouble","is_private":false,"is_archived":false,"is_member":)") + (member ? "true}}" : "false}}");
  });
  o.canned.on("conversations.join", R"({"ok":true,"channel":{"id":"C42"}})");
  bot::OpenRoom open{"inc-7-x", "x", false, "C42"};
  REQUIRE(as<bot::Accepted>(o.send(open)));
  CHECK(o.reference("room") == "C42");
  CHECK(o.reference("room_name") == "db-trouble");
  CHECK(o.canned.times("conversations.join") == 1);
  CHECK(o.canned.times("conversations.create") == 0);
  member = true;
  REQUIRE(as<bot::Accepted>(o.send(open)));
  CHECK(o.canned.times("conversations.join") == 1);
}

TEST_CASE("A channel that cannot be the room is refused with what to do") {
  Extras o(false);
  const auto refusal = [&o](const std::string& info, bool is_private = false) {
    o.canned.on("conversations.info", info);
    const auto result = o.send(bot::OpenRoom{"inc-7-x", "x", is_private, "C42"});
    REQUIRE(as<bot::Refused>(result));
    return as<bot::Refused>(result)->reason;
  };
  CHECK(refusal(R"({"ok":false,"error":"channel_not_found"})").find("/invite") != std::string::npos);
  CHECK(refusal(R"({"ok":true,"channel":{"id":"C42","name":"old","is_archived":true}})").find("#old is archived") != std::string::npos);
  CHECK(refusal(R"({"ok":true,"channel":{"id":"C42","name":"open","is_private":false,"is_member":true}})", true).find("is public, and the incident is private") !=
        std::string::npos);
  CHECK(refusal(R"({"ok":true,"channel":{"id":"D42","is_im":true}})").find("direct message") != std::string::npos);
  CHECK(o.reference("room").empty());
}

TEST_CASE("An organisation's token names its workspace where Slack wants it") {
  Extras o(false);
  o.settings.slack.team_id = "T01ABC";
  o.canned.on("conversations.create", R"({"ok":true,"channel":{"id":"C9","name":"inc-7-x"}})");
  REQUIRE(as<bot::Accepted>(o.send(bot::OpenRoom{"inc-7-x", "x", false})));
  CHECK(o.canned.asked.at(0).args.at("team_id") == "T01ABC");
}

TEST_CASE("In a room archived by hand, topic, pin, invitations and bookmarks are done with; words are refused with the reason") {
  Extras o;
  o.references.push_back({7, "slack", "summary", "1.2"});
  for (const char* method : {"conversations.setTopic", "pins.add", "conversations.invite", "bookmarks.list", "chat.update", "chat.postMessage"})
    o.canned.on(method, R"({"ok":false,"error":"is_archived"})");
  CHECK(as<bot::Accepted>(o.send(bot::SetTopic{"x"})));
  CHECK(as<bot::Accepted>(o.send(bot::PinSummary{})));
  CHECK(as<bot::Accepted>(o.send(bot::InvitePeople{{"alice"}, {}})));
  CHECK(as<bot::Accepted>(o.send(bot::AddBookmarks{})));
  CHECK(as<bot::Accepted>(o.send(bot::EditSummary{})));
  const auto said = o.send(bot::Say{bot::Card{{bot::plain("hello")}}});
  REQUIRE(as<bot::Refused>(said));
  CHECK(as<bot::Refused>(said)->reason.find("the channel is archived") != std::string::npos);
}
