// What readers of the API and the console see.
#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

#include "integrations/codec/codec.hpp"

namespace {

struct Everybody {
  Everybody() { people.put({"alice", "Alice", false, {}, ""}); }
  bot::People people;
};

}  // namespace

TEST_CASE("an incident is shown with names and ISO times") {
  const Everybody everybody;
  bot::Incident i;
  i.number = 7;
  i.title = "<b>x</b>";
  i.declared = bot::Time{bot::Millis{1795448538123}};
  i.declared_by = {bot::ActorKind::person, "alice", {}, false};
  i.roles = {{"commander", "alice"}};
  i.members = {"alice"};
  i.pages = {{"run", 1, 1, true, "", {"alice"}, {}, i.declared}};
  i.publication.pages["public"] = {"op", bot::PageState::shown, "https://x"};
  const auto j = codec::view(i, everybody.people);
  CHECK(j["id"] == "INC-7");
  CHECK(j["title"] == "<b>x</b>");
  CHECK(j["declared_at"] == bot::iso8601(i.declared));
  CHECK(j["resolved_at"].is_null());
  CHECK(j["declared_by"]["name"] == "Alice");
  CHECK(j["roles"][0]["person"]["name"] == "Alice");
  CHECK(j["members"][0]["id"] == "alice");
  CHECK(j["pages"][0]["paged"][0]["name"] == "Alice");
  CHECK(j["pages"][0]["acknowledged_by"].is_null());
  CHECK(j["publication"]["pages"]["public"]["state"] == "shown");
}

TEST_CASE("an entry is shown with its sentence; a redacted one without its text") {
  const Everybody everybody;
  bot::Entry e;
  e.position = 99;
  e.incident = 7;
  e.seq = 3;
  e.kind = bot::EntryKind::note;
  e.actor = {bot::ActorKind::person, "alice", {}, false};
  e.source = "slack";
  e.facts = {{"a", "1"}, {"a", "2"}};
  e.text = "raising the pool";
  auto j = codec::view(e, everybody.people);
  CHECK(j["incident"] == "INC-7");
  CHECK(j["position"] == 99);
  CHECK(j["text"] == "raising the pool");
  CHECK(j["facts"]["a"] == "1");
  CHECK(j["redacted"] == false);
  CHECK(j["actor"]["name"] == "Alice");
  CHECK(j["sentence"].get<std::string>().find("raising the pool") != std::string::npos);
  e.text.reset();
  j = codec::view(e, everybody.people);
  CHECK(j["text"].is_null());
  CHECK(j["redacted"] == true);
}

TEST_CASE("cards and replies are shown as spans and as plain text") {
  const Everybody everybody;
  bot::Reply reply;
  reply.incident = 7;
  reply.status = bot::ReplyStatus::not_found;
  reply.retry_after = bot::Millis{1000};
  reply.card.title = {bot::plain("by "), bot::mention("alice")};
  reply.card.facts = {{"Severity", {bot::plain("sev1")}}};
  reply.card.list = {{bot::plain("one")}};
  reply.card.buttons = {{"Resolve", "resolve", true}};
  const auto j = codec::view(reply, everybody.people);
  CHECK((j["status"] == "not_found" && j["ok"] == false && j["incident"] == "INC-7" && j["retry_after_ms"] == 1000));
  CHECK(j["card"]["title"]["text"].get<std::string>().find("Alice") != std::string::npos);
  CHECK(j["card"]["title"]["spans"][1]["kind"] == "person");
  CHECK(j["card"]["title"]["spans"][1]["notify"] == true);
  CHECK((j["card"]["facts"][0]["label"] == "Severity" && j["card"]["facts"][0]["text"] == "sev1"));
  CHECK(j["card"]["list"][0]["text"] == "one");
  CHECK(j["card"]["buttons"][0]["command"] == "resolve");
  CHECK(codec::dump(j).find("\"v\":1") != std::string::npos);
}
