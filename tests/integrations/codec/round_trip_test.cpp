// What is encoded comes back as it was; what is damaged is said to be.
#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include "integrations/codec/codec.hpp"

namespace {

using bot::plain;

const std::string kHostile = std::string("<!channel> \"q\" \\ \n\t\x01 \xE2\x80\xAE\xF0\x9F\x94\xA5 ${x} ") + '\0' + "</script>";

bot::Incident full_incident() {
  bot::Incident i;
  i.number = 42;
  i.title = kHostile;
  i.severity = "sev1";
  i.status = "monitoring";
  i.phase = bot::Phase::cancelled;
  i.is_private = true;
  i.impact = "checkout " + kHostile;
  i.declared_by = {bot::ActorKind::token, "ci", {}, false};
  i.declared = bot::Time{bot::Millis{1795448538123}};
  i.started = bot::Time{bot::Millis{-5}};
  i.detected = bot::Time{bot::Millis{1}};
  i.resolved = bot::Time{bot::Millis{2}};
  i.closed = bot::Time{bot::Millis{3}};
  i.updated = bot::Time{bot::Millis{4}};
  i.roles = {{"commander", "alice"}, {kHostile, "bob"}};
  i.members = {"alice", "bob", kHostile};
  i.alerts_firing = 2;
  i.alerts_total = 3;
  i.publication = {"identified", "Problems with API", bot::Time{bot::Millis{5}}, bot::Time{bot::Millis{6}}, {{"api", "major_outage"}},
                   {{"vendor", {"op1", bot::PageState::delayed, "https://x", "op0", "refused: " + kHostile, 8}}, {"public", {"op1", bot::PageState::shown, ""}}},
                   bot::Time{bot::Millis{5}}};
  i.pages = {{"run1", 2, 1, false, "bob", {"alice", "bob"}, {"bob/slack"}, bot::Time{bot::Millis{7}}}, {"run2", 0, 3, true, "", {}, {}, bot::Time{}}};
  i.rooms = {{"slack", "https://slack/x"}, {"matrix", "#inc-42"}};
  i.is_drill = true;
  i.chats = {"slack", "matrix"};
  i.snoozed_until = bot::Time{bot::Millis{8}};
  i.due = {{"update", bot::Time{bot::Millis{9}}}, {"open " + kHostile, bot::Time{bot::Millis{-1}}}};
  i.reminded = {{"update", bot::Time{bot::Millis{10}}}};
  i.unanswered = {{"update", 2}};
  i.title_entry = 1;
  i.impact_entry = 2;
  i.public_title_entry = 3;
  i.last_seq = 9;
  for (std::size_t n = 0; n < i.chain_head.size(); ++n) i.chain_head[n] = static_cast<std::uint8_t>(n * 9);
  return i;
}

bot::Card full_card() {
  bot::Card card;
  card.title = {bot::strong("INC-42"), plain(" " + kHostile)};
  card.tone = bot::Tone::bad;
  card.facts = {{"Commander", {bot::mention("alice"), bot::name_of("bob")}}, {kHostile, {}}};
  card.paragraphs = {{bot::when("2026-11-23T15:42:18.000Z"), bot::link("https://x/?a=1&b=2", "the \"page\"")}, {}};
  card.list = {{bot::room_of(42)}, {bot::code("role commander")}};
  card.buttons = {{"Resolve", "resolve", true}, {"Show", "show", false}};
  return card;
}

template <class T>
bool same_content(const bot::Content& a, const bot::Content& b) {
  return std::holds_alternative<T>(a) && std::holds_alternative<T>(b) && codec::encode(a) == codec::encode(b);
}

}  // namespace

TEST_CASE("an incident comes back as it was") {
  const auto full = full_incident();
  const std::string text = codec::encode(full);
  const auto back = codec::decode_incident(text);
  INFO((back ? "" : back.error().message));
  REQUIRE(back.ok());
  CHECK(*back == full);
  CHECK(back->declared_by.kind == bot::ActorKind::token);
  const auto tree = nlohmann::json::parse(text);
  CHECK(tree["v"] == 1);
  CHECK(tree["title"] == full.title);
  CHECK(tree["members"].size() == 3);
  bot::Incident least;
  least.number = 1;
  CHECK(*codec::decode_incident(codec::encode(least)) == least);
  for (const auto phase : {bot::Phase::open, bot::Phase::resolved, bot::Phase::closed, bot::Phase::cancelled}) {
    least.phase = phase;
    CHECK(codec::decode_incident(codec::encode(least))->phase == phase);
  }
}

TEST_CASE("a text that is not UTF-8 still makes valid JSON") {
  bot::Incident i;
  i.number = 1;
  i.title = "a\xff" "b";
  CHECK(codec::decode_incident(codec::encode(i))->title == "a\xEF\xBF\xBD" "b");
}

TEST_CASE("facts come back byte for byte, since they are hashed") {
  const bot::Facts facts{{"person", "alice"}, {"person", "bob"}, {kHostile, kHostile}, {"raw", std::string("\xff\xfe\x00 x", 5)}, {"", ""}, {"\x80", std::string("\0\xc3", 2)}};
  CHECK(*codec::decode_facts(codec::encode(facts)) == facts);
  CHECK(codec::decode_facts(codec::encode(bot::Facts{}))->empty());
  CHECK(codec::encode(bot::Facts{}) == R"({"v":1})");  // the store skips decoding this text
  CHECK(nlohmann::json::parse(codec::encode(bot::Facts{{"a", "b\""}})) == nlohmann::json::parse(R"({"v":1,"facts":[["a","b\""]]})"));
}

TEST_CASE("a person comes back as it was") {
  const bot::Person person{"slack:U02", "Dana " + kHostile, true, {{"slack", "U02"}, {"matrix", "@dana:hs"}}, "https://pager/x"};
  CHECK(*codec::decode_person(codec::encode(person)) == person);
  CHECK(*codec::decode_person(codec::encode(bot::Person{"a", "A", false, {}, ""})) == bot::Person{"a", "A", false, {}, ""});
}

TEST_CASE("a reply comes back as it was") {
  bot::Reply reply;
  reply.card = full_card();
  reply.incident = 42;
  reply.fingerprint = "0123456789abcdef";
  reply.retry_after = bot::Millis{1500};
  reply.repeated = true;
  for (const auto status : {bot::ReplyStatus::ok, bot::ReplyStatus::invalid, bot::ReplyStatus::forbidden, bot::ReplyStatus::not_found, bot::ReplyStatus::conflict,
                            bot::ReplyStatus::unavailable, bot::ReplyStatus::maybe_recorded}) {
    reply.status = status;
    const auto back = codec::decode_reply(codec::encode(reply));
    REQUIRE(back.ok());
    CHECK((back->card == reply.card && back->status == status && back->incident == 42 && back->fingerprint == reply.fingerprint && back->retry_after == bot::Millis{1500} && !back->repeated));
  }
  const auto empty = codec::decode_reply(codec::encode(bot::Reply{}));
  CHECK((empty.ok() && !empty->incident && !empty->retry_after));
}

TEST_CASE("a stored reply takes at most 4 kB, whatever the card holds") {
  bot::Reply reply;
  reply.incident = 7;
  reply.card.title = {bot::strong("Incidents")};
  reply.card.paragraphs = {{plain("kept")}};
  for (int i = 0; i < 500; ++i) reply.card.list.push_back({plain("line " + std::to_string(i))});
  auto text = codec::encode(reply);
  CHECK(text.size() <= 4096);
  auto back = codec::decode_reply(text);
  REQUIRE(back.ok());
  CHECK(back->card.paragraphs == reply.card.paragraphs);
  CHECK(back->card.list.size() > 100);
  CHECK(back->card.list[0] == reply.card.list[0]);

  for (const std::string& big : {std::string(100000, '\x01'), std::string(100000, 'x'), [] { std::string s; for (int i = 0; i < 9999; ++i) s += "\xE2\x82\xAC"; return s; }()}) {
    reply.card.title.assign(30, plain(big));
    reply.card.facts.assign(30, {big, {plain(big)}});
    reply.card.buttons.assign(30, {big, big, false});
    reply.card.paragraphs.assign(30, {plain(big)});
    text = codec::encode(reply);
    CHECK(text.size() <= 4096);
    back = codec::decode_reply(text);
    REQUIRE(back.ok());
    CHECK(back->incident == 7);
    CHECK_FALSE(back->card.title.empty());
  }
}

TEST_CASE("every kind of message comes back as it was") {
  bot::PublicUpdate update{"op", "identified", kHostile, kHostile, {{"api", "major_outage"}}, "major", true, bot::Time{bot::Millis{9}}};
  bot::PagePerson page{"run", "alice", 3, kHostile, "sev1", kHostile, "/ack/t"};
  const std::vector<bot::Content> all{bot::OpenRoom{"inc-1-x", kHostile, true, "C1" + kHostile}, bot::SetTopic{kHostile}, bot::InvitePeople{{"a", kHostile}, {"S012", kHostile}}, bot::PostSummary{}, bot::PinSummary{},
                                      bot::EditSummary{}, bot::Say{full_card()}, bot::Announce{full_card()}, bot::ArchiveRoom{}, bot::AddBookmarks{}, update, page};
  REQUIRE(all.size() == std::variant_size_v<bot::Content>);
  for (const auto& content : all) {
    const std::string text = codec::encode(content);
    const auto back = codec::decode_content(bot::kind_of(content), text);
    INFO(bot::kind_of(content));
    REQUIRE(back.ok());
    CHECK(back->index() == content.index());
    CHECK(codec::encode(*back) == text);
    CHECK(nlohmann::json::parse(text)["v"] == 1);
  }
  const auto say = std::get<bot::Say>(*codec::decode_content("say", codec::encode(all[6])));
  CHECK(say.card == full_card());
  const auto back = std::get<bot::PublicUpdate>(*codec::decode_content("public_update", codec::encode(bot::Content{update})));
  CHECK((back.op == update.op && back.state == update.state && back.title == update.title && back.body == update.body && back.components == update.components));
  CHECK((back.impact == update.impact && back.first && back.at == update.at));
  const auto paged = std::get<bot::PagePerson>(*codec::decode_content("page", codec::encode(bot::Content{page})));
  CHECK((paged.page == page.page && paged.person == page.person && paged.step == 3 && paged.title == page.title && paged.severity == page.severity));
  CHECK((paged.text == page.text && paged.ack_path == page.ack_path));
  const auto room = std::get<bot::OpenRoom>(*codec::decode_content("open_room", codec::encode(all[0])));
  CHECK((room.name == "inc-1-x" && room.title == kHostile && room.is_private && room.existing == "C1" + kHostile));
  CHECK(std::get<bot::InvitePeople>(*codec::decode_content("invite", codec::encode(all[2]))).people == std::vector<std::string>{"a", kHostile});
  CHECK(std::get<bot::InvitePeople>(*codec::decode_content("invite", codec::encode(all[2]))).groups == std::vector<std::string>{"S012", kHostile});
  CHECK(same_content<bot::SetTopic>(all[1], *codec::decode_content("set_topic", codec::encode(all[1]))));
}

TEST_CASE("unknown members are ignored") {
  const auto reply = codec::decode_reply(R"({"v":1,"later":{"x":[1]},"card":{"title":[{"s":"t","new":1}],"more":2}})");
  REQUIRE(reply.ok());
  CHECK(reply->card.title == bot::Text{plain("t")});
}

TEST_CASE("damaged values are corrupt, with words that say what") {
  auto corrupt = [](const auto& result, const std::string& words) {
    REQUIRE_FALSE(result.ok());
    INFO(result.error().message);
    CHECK(result.error().kind == bot::ErrorKind::corrupt);
    CHECK(result.error().message.find(words) != std::string::npos);
  };
  for (const char* text : {"", "{", "[]", "1", "null", "{}", R"({"v":"1"})"}) {
    corrupt(codec::decode_incident(text), "incident");
    corrupt(codec::decode_facts(text), "facts");
    corrupt(codec::decode_reply(text), "reply");
    corrupt(codec::decode_person(text), "person");
    corrupt(codec::decode_content("say", text), "message");
  }
  corrupt(codec::decode_reply(R"({"v":2})"), "newer Muster");
  corrupt(codec::decode_incident(R"({"v":1})"), "chain_head");
  auto with = [](const char* name, const nlohmann::json& value) {
    auto tree = nlohmann::json::parse(codec::encode(full_incident()));
    tree[name] = value;
    return tree.dump();
  };
  corrupt(codec::decode_incident(with("number", "42")), "\"number\"");
  corrupt(codec::decode_incident(with("number", 0)), "no number");
  corrupt(codec::decode_incident(with("number", 18446744073709551615ULL)), "whole number");
  corrupt(codec::decode_incident(with("number", 1.5)), "whole number");
  corrupt(codec::decode_incident(with("alerts_total", 99999999999LL)), "small number");
  corrupt(codec::decode_incident(with("phase", "asleep")), "known word");
  corrupt(codec::decode_incident(with("members", {1, 2})), "list of texts");
  corrupt(codec::decode_incident(with("roles", {{"a", 1}})), "object of texts");
  corrupt(codec::decode_incident(with("private", "yes")), "true or false");
  corrupt(codec::decode_incident(with("chain_head", std::string(64, 'g'))), "hexadecimal");
  corrupt(codec::decode_incident(with("publication", 7)), "object");
  corrupt(codec::decode_facts(R"({"v":1,"facts":[["a"]]})"), "pairs");
  corrupt(codec::decode_facts(R"({"v":1,"facts":[[1,2]]})"), "pairs");
  corrupt(codec::decode_facts(R"({"v":1,"facts":[[{"hex":"zz"},"b"]]})"), "hexadecimal");
  corrupt(codec::decode_facts(R"({"v":1,"facts":{}})"), "list");
  corrupt(codec::decode_reply(R"({"v":1,"card":{"title":"x"}})"), "spans");
  corrupt(codec::decode_reply(R"({"v":1,"card":{"title":[{"k":"blink"}]}})"), "known word");
  corrupt(codec::decode_person(R"({"v":1,"name":"x"})"), "\"id\"");
  corrupt(codec::decode_content("nonsense", R"({"v":1})"), "unknown");
}

TEST_CASE("a row written before the public state kept its beginning and its waiting reads and writes as it stands") {
  bot::Incident i;
  i.number = 3;
  i.publication.state = "identified";
  i.publication.updated_at = i.publication.since = bot::Time{bot::Millis{6000}};
  i.publication.pages["vendor"] = {"op", bot::PageState::pending, "https://x"};
  const std::string text = codec::encode(i);
  for (const char* later : {"since", "ahead", "problem"}) CHECK(text.find(later) == std::string::npos);
  const auto back = codec::decode_incident(text);
  REQUIRE(back);
  CHECK(*back == i);
}
