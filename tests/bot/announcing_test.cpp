#include "bot/announcing.hpp"

#include <catch2/catch.hpp>

#include "bot/narrate.hpp"

using namespace bot;

namespace {

struct Square {
  Settings settings;
  People people;
  Incident incident;
  Square() {
    settings.announcements = {{"ops", Secret("https://hooks.example.org/1")}, {"support", Secret("https://hooks.example.org/2")}};
    incident.number = 7;
    incident.title = "checkout returns 500";
    incident.severity = "sev1";
  }
  std::vector<Message> heard(EntryKind kind, Facts facts = {}, const std::string& text = "words") {
    Entry entry;
    entry.incident = 7;
    entry.kind = kind;
    entry.facts = std::move(facts);
    entry.text = text;
    entry.actor = Actor{ActorKind::person, "dana", {}, false};
    const Context context{Time{Millis{1000}}, entry.actor, "console", settings, people, [] { return std::string(32, 'a'); }, {}};
    return announce_elsewhere(entry, incident, context);
  }
};

}  // namespace

TEST_CASE("every place without a bot hears of what concerns bystanders, in a lane of its own") {
  Square s;
  for (const auto kind : {EntryKind::declared, EntryKind::resolved, EntryKind::reopened, EntryKind::update, EntryKind::public_update}) {
    const auto heard = s.heard(kind);
    REQUIRE(heard.size() == 2);
    CHECK(heard[0].integration == "webhook:ops");
    CHECK(heard[1].lane == "webhook:support/announce");
    const Card& card = std::get<Announce>(heard[0].content).card;
    CHECK(plain_text(card.title, s.people) == "INC-7 SEV1 checkout returns 500");
    CHECK_FALSE(card.paragraphs.empty());
  }
  for (const auto kind : {EntryKind::note, EntryKind::role, EntryKind::joined, EntryKind::paged, EntryKind::captured, EntryKind::closed}) CHECK(s.heard(kind).empty());
}

TEST_CASE("of a severity they hear only when it got worse") {
  Square s;
  CHECK(s.heard(EntryKind::severity, {{"from", "sev3"}, {"to", "sev1"}}).size() == 2);
  CHECK(s.heard(EntryKind::severity, {{"from", "sev1"}, {"to", "sev2"}}).empty());
}

TEST_CASE("of a private incident they hear nothing, and of a drill that it is one") {
  Square s;
  s.incident.is_drill = true;
  CHECK(plain_text(std::get<Announce>(s.heard(EntryKind::declared)[0].content).card.title, s.people).rfind("DRILL ", 0) == 0);
  s.incident.is_private = true;
  CHECK(s.heard(EntryKind::declared).empty());
}
