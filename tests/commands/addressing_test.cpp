#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

std::vector<Message> addressed(Desk& d, Content content, const std::string& only = "") {
  Outgoing outgoing;
  outgoing.incident = 1;
  outgoing.content = std::move(content);
  outgoing.only = only;
  return address(outgoing, d.row(), d.context_of(Desk::person("dana"), "console"));
}

struct Declared : Desk {
  Declared() {
    say("declare sev1 x");
  }
};

}  // namespace

TEST_CASE("what belongs to the room waits in the room's lane, the card's edit in its own") {
  Declared d;
  const std::vector<Content> room{OpenRoom{}, InvitePeople{}, PostSummary{}, PinSummary{}, Say{}, ArchiveRoom{}};
  for (const auto& content : room) {
    const auto m = addressed(d, content);
    REQUIRE(m.size() == 1);
    CHECK(m[0].lane == "slack/INC-1/room");
    CHECK(m[0].lane_class == LaneClass::room);
    CHECK(m[0].supersedes.empty());
    CHECK(m[0].deadline == d.now + std::chrono::hours{24});
    CHECK(m[0].integration == "slack");
    CHECK(m[0].id.size() == 32);
  }
  CHECK(addressed(d, SetTopic{"t"}).empty());  // the opening sets it
  d.row().rooms["slack"] = "https://chat.example.org/C1";
  const auto topic_message = addressed(d, SetTopic{"t"});
  CHECK(topic_message[0].lane == "slack/INC-1/topic");
  CHECK(topic_message[0].supersedes == "topic");
  const auto edit = addressed(d, EditSummary{});
  CHECK(edit[0].lane == "slack/INC-1/card");
  CHECK(edit[0].lane_class == LaneClass::cosmetic);
  CHECK(edit[0].supersedes == "summary");
  CHECK(edit[0].deadline == d.now + std::chrono::hours{1});
  d.row().phase = Phase::closed;
  CHECK(addressed(d, EditSummary{})[0].lane == "slack/INC-1/room");  // before the archiving
}

TEST_CASE("those invited with a room's opening do not wait for its card, later ones come before the words that mention them") {
  Declared d;
  CHECK(addressed(d, InvitePeople{{"alice"}}, "slack")[0].lane == "slack/INC-1/people");
  CHECK(addressed(d, InvitePeople{{"alice"}})[0].lane == "slack/INC-1/room");
}

TEST_CASE("announcements go to chats that have a room for them, never for private incidents") {
  Declared d;
  CHECK(addressed(d, Announce{})[0].lane == "slack/announce");
  d.settings.matrix.enabled = true;
  CHECK(addressed(d, Announce{}).size() == 1);
  d.settings.matrix.announce_room = "#r:x";
  CHECK(addressed(d, Announce{}).size() == 2);
  CHECK(addressed(d, Announce{}, "matrix").size() == 1);
  CHECK(addressed(d, Say{}).size() == 2);
  d.row().is_private = true;
  CHECK(addressed(d, Announce{}).empty());
  CHECK(addressed(d, PublicUpdate{}).empty());
}

TEST_CASE("a public update goes to every status page in a lane of its own") {
  Declared d;
  const auto m = addressed(d, PublicUpdate{});
  REQUIRE(m.size() == 2);
  CHECK(m[0].integration == "statuspage:public");
  CHECK(m[0].lane == "statuspage:public/INC-1");
  CHECK(m[0].lane_class == LaneClass::public_update);
  CHECK(m[1].integration == "statuspage:vendor");
  CHECK(m[1].deadline == d.now + std::chrono::hours{6});
}

TEST_CASE("a page goes wherever the person can be reached") {
  Declared d;
  auto bob = *d.registry.find("bob");
  bob.webhook = "https://pager.example.org/bob";
  d.registry.put(bob);
  PagePerson page;
  page.person = "bob";
  const auto m = addressed(d, page);
  REQUIRE(m.size() == 2);
  CHECK(m[0].integration == "slack");
  CHECK(m[0].lane == "slack/page/bob");
  CHECK(m[1].integration == "webhook");
  CHECK(m[1].lane == "webhook/bob");
  CHECK(m[1].lane_class == LaneClass::page);
  CHECK(m[1].deadline == d.now + std::chrono::hours{1});
  page.person = "ada";
  CHECK(addressed(d, page).empty());
  page.person = "nobody-we-know";
  CHECK(addressed(d, page).empty());
}

TEST_CASE("without chats nothing is owed to any") {
  Declared d;
  d.settings.slack.enabled = false;
  CHECK(addressed(d, Say{}).empty());
  CHECK(addressed(d, OpenRoom{}).empty());
}

TEST_CASE("a room's name is lower case, ASCII, without doubled dashes, and at most 80 characters") {
  const std::string pattern = "inc-{number}-{slug}";
  const std::vector<std::pair<std::string, std::string>> table{
      {"Checkout returns 500!", "inc-7-checkout-returns-500"},
      {"Gr\xC3\xB6\xC3\x9F" "e \xC3\x86on \xC5\x81\xC3\xB3" "d\xC5\xBA", "inc-7-grosse-aeon-lodz"},
      {"cafe\xCC\x81 can't", "inc-7-cafe-cant"},
      {"\xE6\x97\xA5\xE6\x9C\xAC", "inc-7"},
      {"a -- b__c", "inc-7-a-b__c"},
      {"<!channel> ../../etc", "inc-7-channel-etc"},
      {"", "inc-7"}};
  for (const auto& [title, want] : table) {
    INFO(title);
    CHECK(room_name(pattern, 7, title) == want);
  }
  CHECK(room_name(pattern, 7, std::string(300, 'x')).size() == 80);
  CHECK(room_name(pattern, 7, std::string(73, 'x') + " yyy zzz") == "inc-7-" + std::string(73, 'x'));  // no dash at the end
  CHECK(room_name("{slug}-{number}", 7, std::string(300, 'x')) == std::string(78, 'x') + "-7");
  CHECK(room_name("War Room {number}", 7, "x") == "war-room-7");
  CHECK(room_name("", 7, "x") == "inc-7");
  CHECK(room_name(std::string(200, 'p') + "{slug}", 7, "x").size() == 80);
}
