// One conversation, several places: every verb of the table, said in Slack, in Matrix, in the console and through the API, leaves the same timeline.
// A new verb belongs into `kScript`; the test says so when one is missing. A new chat belongs into `voices`.
#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "commands/table.hpp"
#include "tests/scenarios/matrix_scene.hpp"
#include "tests/scenarios/voices.hpp"

using nlohmann::json;
using scene::Scene;
using scene::Said;
using scene::Voice;

namespace {

enum class Expect { done, refused };

/// `{note}` stands for the number of the newest note's entry.
struct Line {
  const char* text;
  Expect expect = Expect::done;
  const char* person = "alice";
  bool about_none = false;       ///< from anywhere, not about the incident
  const char* as_token = nullptr;  ///< what says the same where nobody speaks as a person: "claim" is no word of a script
};

const std::vector<Line> kScript{
    {"role commander", Expect::done, "alice", false, "role commander alice"},
    {"role comms bob"},
    {"role scribe Carol"},
    {"role scribe none"},
    {"role commander nobody-here", Expect::refused},
    {"severity sev1"},
    {"severity sev9", Expect::refused},
    {"status identified"},
    {"status confused", Expect::refused},
    {"impact Card payments in Europe <!channel> & *more*"},
    {"started 2026-11-20T10:00:00Z"},
    {"rename checkout fails in Europe"},
    {"note the connection pool is exhausted"},
    {"correct {note} the connection pool was exhausted"},
    {"note dana's phone number"},
    {"redact {note}", Expect::done, "carol"},
    {"snooze 1h"},
    {"mirror nowhere", Expect::refused},
    {"adopt sev3 the same room again", Expect::refused},
    {"update We know the cause and are rolling back."},
    {"public investigating api=major_outage We are looking into failed card payments."},
    {"public check"},
    {"page bob please look at the database"},
    {"ack", Expect::done, "bob"},
    {"join", Expect::done, "carol", false, ""},
    {"leave", Expect::done, "carol", false, ""},
    {"show"},
    {"timeline"},
    {"list", Expect::done, "alice", true},
    {"help", Expect::done, "alice", true},
    {"help role", Expect::done, "alice", true},
    {"frobnicate", Expect::refused},
    {"public resolved Payments are back to normal."},
    {"resolve Rolled back 4.2.1"},
    {"reopen It came back"},
    {"resolve Rolled back 4.2.2 as well"},
    {"close"},
    {"rename too late", Expect::refused},
    {"note written afterwards"},
};

const std::vector<Line> kSecondScript{{"private", Expect::done, "carol"}, {"cancel It was a false alarm"}, {"note but a useful one"}, {"resolve too late", Expect::refused}};

/// What a time, a number or an id is replaced by, so that only the meaning is compared.
std::string plain_of(std::string text) {
  static const std::regex incident("INC-[0-9]+"), room("inc-[0-9]+-"), time("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"), id("[0-9a-f]{32}");
  text = std::regex_replace(text, incident, "INC-N");
  text = std::regex_replace(text, room, "inc-N-");
  text = std::regex_replace(text, time, "TIME");
  return std::regex_replace(text, id, "ID");
}

/// Facts that name one delivery or one entry of one incident.
bool is_its_own(const std::string& fact) { return fact == "op" || fact == "page" || fact == "entry" || fact == "message" || fact == "link"; }

/// What people did, as the record tells it, without who sat where.
std::vector<std::string> told(Scene& s, int incident, bool people) {
  std::vector<std::string> out;
  for (const auto& e : s.entries(incident)) {
    if (e.at("actor").value("kind", "") == "muster") continue;  // comes when vendors answer: compared apart
    json facts = json::object();
    const json& all = e.contains("facts") ? e["facts"] : json::object();
    for (const auto& [name, value] : all.items()) facts[name] = is_its_own(name) ? json("its own") : json(plain_of(value.is_string() ? value.get<std::string>() : value.dump()));
    const std::string who = people ? e["actor"].value("id", "") : "somebody";
    // Redacted texts are gone, which is what a reader sees too.
    out.push_back(e.value("kind", "") + " | " + who + " | " + plain_of(e.contains("text") && e["text"].is_string() ? e["text"].get<std::string>() : "(none)") + " | " + facts.dump());
  }
  return out;
}

/// What Muster itself recorded, in any order: it depends on who answers first.
std::multiset<std::string> outcomes(Scene& s, int incident) {
  std::multiset<std::string> out;
  for (const auto& e : s.entries(incident))
    if (e.at("actor").value("kind", "") == "muster") out.insert(e.value("kind", ""));
  return out;
}

std::string newest_note(Scene& s, int incident) {
  std::string out = "0";
  for (const auto& e : s.entries(incident))
    if (e.value("kind", "") == "note") out = std::to_string(e.value("seq", 0));
  return out;
}

int declared(Scene& s, Voice& voice, const std::string& title, int expected, int chats) {
  const Said said = voice.say("declare sev2 " + title, 0, "alice");
  INFO(voice.name() << ": " << said.words);
  REQUIRE(said.done);
  REQUIRE(s.waits_for("room_opened", chats, 60, expected));
  return expected;
}

void run(Scene& s, Voice& voice, const std::vector<Line>& script, int incident, int chats) {
  for (const auto& line : script) {
    std::string text = voice.has_people() || line.as_token == nullptr ? line.text : line.as_token;
    if (text.empty()) continue;
    if (const auto at = text.find("{note}"); at != std::string::npos) text.replace(at, 6, newest_note(s, incident));
    const Said said = voice.say(text, line.about_none ? 0 : incident, line.person);
    INFO(voice.name() << ": " << text << " → " << said.words);
    CHECK(said.done == (line.expect == Expect::done));
    // An answer before the page went out would keep it back: who is quicker is not what is compared here.
    if (text.rfind("page ", 0) == 0) REQUIRE(s.waits_for("page_sent", chats, 30, incident));
  }
}

/// Lines of the record that only people write (joining) say nothing about a token.
std::vector<std::string> without_people(std::vector<std::string> lines) {
  lines.erase(std::remove_if(lines.begin(), lines.end(), [](const auto& l) { return l.rfind("joined", 0) == 0 || l.rfind("left", 0) == 0; }), lines.end());
  // Who answered a page: a token answers for nobody in particular.
  for (auto& l : lines)
    if (const auto at = l.find(",\"person\":"); at != std::string::npos && l.rfind("acknowledged", 0) == 0) l.erase(at, l.find('}', at) - at);
  // A role that was taken and one that was given differ in how, and in nothing else.
  for (auto& l : lines)
    for (const char* how : {"\"claimed\"", "\"assigned\""})
      if (const auto at = l.find(how); at != std::string::npos) l.replace(at, std::string(how).size(), "\"given\"");
  return lines;
}

}  // namespace

TEST_CASE("every verb leaves the same timeline, whether it is typed in Slack, in Matrix, in the console or sent by a script", "[referees]") {
  // What is about the place itself can only be refused alike: every chat has its room already, and not every place is a room.
  const std::set<std::string> of_places{"adopt", "mirror"};
  std::set<std::string> covered{"declare"};
  for (const auto* script : {&kScript, &kSecondScript})
    for (const auto& line : *script)
      if (const std::string verb = std::string(line.text).substr(0, std::string(line.text).find(' ')); line.expect == Expect::done || of_places.count(verb) == 1) covered.insert(verb);
  for (const auto& verb : commands::verb_lines()) {
    INFO("say \"" << verb.form << "\" in kScript");
    CHECK(covered.count(verb.name) == 1);
  }

  scene::Options options;
  options.extra = "console: {enabled: true}\n";
  std::unique_ptr<scene::MatrixHouse> house;  // without a homeserver the other three are compared, which has been said loudly
  if (!scene::no_homeserver()) {
    house = std::make_unique<scene::MatrixHouse>(scene::shared_homeserver(), "parity");
    options.extra += house->settings();
    options.matrix_people = house->people_suffix();
  }
  const int chats = house ? 2 : 1;
  Scene s(options);
  REQUIRE(s.muster->start(60));
  std::vector<std::unique_ptr<Voice>> voices;
  voices.push_back(scene::slack_voice(s));
  if (house) voices.push_back(scene::matrix_voice(s, *house));
  voices.push_back(scene::console_voice(s));
  voices.push_back(scene::api_voice(s));
  std::vector<int> first, second;
  int next = 0;
  for (auto& voice : voices) {
    first.push_back(declared(s, *voice, "checkout is slow", ++next, chats));
    run(s, *voice, kScript, first.back(), chats);
    second.push_back(declared(s, *voice, "nothing at all", ++next, chats));
    run(s, *voice, kSecondScript, second.back(), chats);
  }
  for (const int incident : first) REQUIRE(s.waits_for("public_shown", 4, 90, incident));
  for (const auto* incidents : {&first, &second}) {
    const auto reference = told(s, incidents->front(), true);
    REQUIRE(reference.size() > 2);
    for (std::size_t i = 1; i < voices.size(); ++i) {
      INFO(voices[i]->name());
      if (voices[i]->has_people()) CHECK(told(s, (*incidents)[i], true) == reference);
      else CHECK(without_people(told(s, (*incidents)[i], false)) == without_people(told(s, incidents->front(), false)));
    }
  }
  for (std::size_t i = 1; i < voices.size(); ++i) {
    support::wait_for([&] { return outcomes(s, first[i]) == outcomes(s, first[0]); }, 20);
    INFO(voices[i]->name());
    CHECK(outcomes(s, first[i]) == outcomes(s, first[0]));
  }
  CHECK(s.slack.complaints().empty());
}
