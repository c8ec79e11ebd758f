#include "bot/plain.hpp"
#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

Entry entry(EntryKind kind, const std::string& text = "", Facts facts = {}, std::int64_t seq = 1) {
  Entry e;
  e.incident = 1;
  e.seq = seq;
  e.kind = kind;
  e.text = text;
  e.facts = std::move(facts);
  e.actor = Actor{ActorKind::person, "dana", {}, false};
  e.occurred_at = e.recorded_at = Time{Millis{1795448538000}};
  return e;
}

struct Line { Entry e; const char* word; const char* sentence; };

}  // namespace

TEST_CASE("every kind of entry has its word and its sentence, with people by name") {
  Desk d;
  using K = EntryKind;
  const std::vector<Line> table{
      {entry(K::declared, "checkout", {{"severity", "sev1"}}), "declared", "@Dana declared sev1 \"checkout\""},
      {entry(K::alert_firing, "HighErrorRate", {{"alert", "x"}, {"link", "https://p.example"}}), "alert", "HighErrorRate (@Dana) firing (link (https://p.example))"},
      {entry(K::alert_resolved, "HighErrorRate", {{"alert", "x"}}), "alert", "HighErrorRate (@Dana) resolved"},
      {entry(K::joined, "", {{"person", "bob"}}), "joined", "@Bob joined"},
      {entry(K::left, "", {{"person", "bob"}}), "left", "@Bob left"},
      {entry(K::role, "", {{"role", "commander"}, {"person", "bob"}, {"how", "claimed"}}), "role", "@Bob commander (claimed)"},
      {entry(K::role, "", {{"role", "comms"}, {"person", "bob"}, {"how", "assigned"}, {"from", "carol"}}), "role", "@Bob comms (assigned by @Dana, was @Carol)"},
      {entry(K::role, "", {{"role", "comms"}, {"person", "bob"}, {"how", "handed_over"}, {"from", "dana"}}), "role", "@Bob comms (handed over by @Dana)"},
      {entry(K::role, "", {{"role", "comms"}, {"how", "released"}, {"from", "bob"}}), "role", "@Bob is no longer comms (released by @Dana)"},
      {entry(K::severity, "", {{"from", "sev1"}, {"to", "sev2"}}), "severity", "@Dana set the severity to sev2 (was sev1)"},
      {entry(K::status, "why", {{"from", "investigating"}, {"to", "identified"}}), "status", "@Dana set the status to Identified (was Investigating): why"},
      {entry(K::renamed, "new"), "title", "@Dana renamed it \"new\""},
      {entry(K::note, "hello"), "note", "@Dana: hello"},
      {entry(K::impact, "EU"), "impact", "@Dana set the impact: EU"},
      {entry(K::started, "", {{"at", "2026-11-23T14:02:00.000Z"}}), "started", "@Dana set the start to 2026-11-23 14:02:00 UTC"},
      {entry(K::update, "soon"), "update", "@Dana updated stakeholders: soon"},
      {entry(K::public_update, "We look.", {{"op", "x"}, {"state", "investigating"}, {"title", "T"}, {"pages", "public,vendor"}, {"component:api", "partial_outage"}}), "public",
       "\"Investigating\" published by @Dana for public and vendor: We look. (api: partial outage)"},
      {entry(K::public_update, "We look.", {{"op", "x"}, {"state", "identified"}, {"title", "T"}, {"pages", "public"}, {"component:api", "partial_outage"},
                                            {"component:web", "operational"}, {"name:api", "Payments API"}}), "public",
       "\"Identified\" published by @Dana for public: We look. (Payments API: partial outage, web: operational)"},
      {entry(K::public_shown, "", {{"op", "x"}, {"page", "vendor"}}), "public", "shown on vendor"},
      {entry(K::public_shown, "", {{"op", "x"}, {"page", "vendor"}, {"state", "investigating"}}), "public", "\"Investigating\" shown on vendor"},
      {entry(K::public_delayed, "401", {{"op", "x"}, {"page", "vendor"}, {"state", "investigating"}}), "public",
       "\"Investigating\" not yet on vendor: 401 (Muster keeps trying)"},
      {entry(K::public_held, "timeout", {{"op", "x"}, {"page", "vendor"}}), "public", "held for vendor: timeout (decide with public check, public send or public drop)"},
      {entry(K::public_failed, "401", {{"op", "x"}, {"page", "vendor"}}), "public", "not published on vendor: 401"},
      {entry(K::public_dropped, "", {{"op", "x"}, {"page", "vendor"}}), "public", "held update for vendor dropped by @Dana"},
      {entry(K::public_resent, "", {{"op", "x"}, {"page", "vendor"}, {"state", "monitoring"}}), "public", "held update \"Monitoring\" for vendor sent again by @Dana"},
      {entry(K::room_opened, "", {{"integration", "slack"}, {"name", "inc-1"}}), "room", "Slack room #inc-1 opened"},
      {entry(K::room_opened, "", {{"integration", "matrix"}, {"name", "#inc-1:example.org"}}), "room", "Matrix room #inc-1:example.org opened"},
      {entry(K::room_opened, "inc-1-checkout", {{"integration", "slack"}, {"title", "1"}}), "room", "Slack room #inc-1-checkout opened"},
      {entry(K::room_opened, "", {{"integration", "slack"}}), "room", "Slack room opened"},
      {entry(K::room_failed, "denied", {{"integration", "slack"}}), "room", "no room in Slack: denied"},
      {entry(K::room_archived, "", {{"integration", "slack"}}), "room", "Slack room archived"},
      {entry(K::message_failed, "the topic: gone", {{"integration", "slack"}}), "problem", "not delivered to Slack: the topic: gone"},
      {entry(K::paged, "look", {{"page", "p"}, {"step", "1"}, {"round", "2"}, {"person", "bob,carol"}}), "page",
       "@Bob and @Carol paged (escalation policy, step 1, round 2): look"},
      {entry(K::paged, "", {{"page", "p"}, {"step", "0"}, {"round", "1"}, {"person", "bob"}}), "page", "@Bob paged by @Dana"},
      {entry(K::page_sent, "", {{"page", "p"}, {"person", "bob"}, {"channel", "webhook"}}), "page", "page to @Bob sent by webhook"},
      {entry(K::page_failed, "gone", {{"page", "p"}, {"person", "bob"}, {"channel", "slack"}}), "page", "page to @Bob failed by Slack: gone"},
      {entry(K::acknowledged, "", {{"page", "p"}, {"person", "bob"}}), "page", "@Bob acknowledged"},
      {entry(K::page_exhausted, "", {{"page", "p"}}), "page", "nobody answered the page"},
      {entry(K::page_stopped, "", {{"page", "p"}}), "page", "paging stopped"},
      {entry(K::resolved, "done"), "resolved", "@Dana resolved it: done"},
      {entry(K::reopened), "reopened", "@Dana reopened it"},
      {entry(K::closed), "closed", "@Dana closed it"},
      {entry(K::cancelled, "test"), "cancelled", "@Dana cancelled it: test"},
      {entry(K::corrected, "right", {{"entry", "4"}}), "corrected", "@Dana corrected entry 4: right"},
      {entry(K::redacted, "", {{"entry", "4"}}), "redacted", "@Dana redacted the words of entry 4"},
      {entry(K::declared, "x", {{"severity", "sev1"}, {"private", "yes"}, {"drill", "yes"}}), "declared", "@Dana declared private drill sev1 \"x\""},
      {entry(K::captured, "pool", {{"message", "C/1"}, {"author", "bob"}, {"written", "2026-11-23T14:02:00.000Z"}, {"link", "https://s.example"}}), "pinned",
       "@Bob: \"pool\" (message of 14:02:00 UTC, pinned by @Dana) (link (https://s.example))"},
      {entry(K::capture_edited, "tank", {{"entry", "4"}}), "pinned", "the message of entry 4 was edited: tank"},
      {entry(K::withdrawn, "", {{"entry", "4"}, {"why", "taken_off"}}), "pinned", "@Dana took entry 4 off the timeline"},
      {entry(K::withdrawn, "", {{"entry", "4"}, {"why", "deleted"}}), "pinned", "the message of entry 4 was deleted in the chat"},
      {entry(K::room_changed, "doomed", {{"integration", "slack"}, {"what", "topic"}}), "room", nullptr},
      {entry(K::away, "", {{"integration", "slack"}, {"from", "2026-11-23T14:02:00.000Z"}, {"until", "2026-11-23T14:11:00.000Z"}, {"missed", "1"}}), "room", nullptr},
      {entry(K::mirrored, "", {{"integration", "matrix"}}), "room", "@Dana opened a room in Matrix too"},
      {entry(K::reminded, "", {{"what", "update"}, {"person", "bob"}}), "reminder", "@Bob reminded: an update is due"},
      {entry(K::snoozed, "", {{"until", "2026-11-23T14:32:00.000Z"}}), "reminder", "@Dana put reminders off until 14:32:00 UTC"},
      {entry(K::made_private), "private", "@Dana made it private"}};
  std::set<EntryKind> seen;
  for (const auto& want : table) {
    INFO(to_string(want.e.kind));
    seen.insert(want.e.kind);
    CHECK(kind_word(want.e.kind) == want.word);
    const std::string told = plain_text(narrate(want.e, d.registry), d.registry);
    CHECK_FALSE(told.empty());
    if (want.sentence != nullptr) CHECK(told == want.sentence);
  }
  CHECK(seen.size() == static_cast<std::size_t>(K::made_private) + 1);
  Entry gone = entry(K::note);
  gone.text.reset();
  CHECK(plain_text(narrate(gone, d.registry), d.registry) == "@Dana: [redacted]");
}

TEST_CASE("no sentence notifies anybody") {
  Desk d;
  for (const auto& e : {entry(EntryKind::role, "", {{"role", "comms"}, {"person", "bob"}}), entry(EntryKind::paged, "x", {{"person", "bob"}})})
    for (const auto& span : narrate(e, d.registry)) CHECK_FALSE(span.notify);
}

TEST_CASE("the pinned card shows unfilled roles, times, the public state and what can be done") {
  Desk d;
  d.say("declare sev1 checkout returns 500");
  d.say("INC-1 role commander", "bob");
  d.say("INC-1 started 15:00");
  d.say("INC-1 impact EU cards");
  d.say("INC-1 public investigating Looking.", "bob");
  const Card card = summary_card(d.row(), d.now + Millis{60000});
  CHECK(plain_text(card.title, d.registry) == "INC-1  SEV1  Investigating  43 min");
  CHECK(plain_text(card.paragraphs[0], d.registry) == "checkout returns 500");
  std::vector<std::string> facts;
  for (const auto& f : card.facts) facts.push_back(f.label + "=" + plain_text(f.value, d.registry));
  CHECK(facts == Words{"Commander=@Bob", "Comms=nobody yet", "Impact=EU cards", "Started=2026-11-23 15:00:00 UTC (declared 2026-11-23 15:42:18 UTC)",
                       "Public=\"Investigating\" since 2026-11-23 15:42:18 UTC, public being sent, vendor being sent"});
  std::vector<std::string> buttons;
  for (const auto& b : card.buttons) buttons.push_back(b.command);
  CHECK(buttons == Words{"role comms", "update", "status", "severity", "role", "page", "timeline"});
  d.say("INC-1 resolve");
  CHECK(summary_card(d.row(), d.now).tone == Tone::good);
  d.say("INC-1 close");
  CHECK(plain_text(summary_card(d.row(), d.now).title, d.registry) == "INC-1  SEV1  Closed  42 min");
}

TEST_CASE("while a page waits for its answer the pinned card names who is called and offers the answer first") {
  Desk d;
  d.say("declare sev1 checkout returns 500");
  d.say("INC-1 page @bob");
  const auto paging = [&d] {
    for (const auto& fact : summary_card(d.row(), d.now).facts)
      if (fact.label == "Paging") return plain_text(fact.value, d.registry);
    return std::string();
  };
  CHECK(paging() == "not answered: @Bob, since 2026-11-23 15:42:18 UTC");
  CHECK(summary_card(d.row(), d.now).buttons.front().command == "ack");
  d.say("INC-1 ack", "bob");
  CHECK(paging().empty());
  for (const auto& button : summary_card(d.row(), d.now).buttons) CHECK(button.command != "ack");
}

TEST_CASE("the topic is one line of at most 250 characters") {
  Desk d;
  d.say("declare sev1 " + std::string(255, 'x'));
  d.say("INC-1 role commander", "bob");
  const std::string t = topic(d.row(), d.registry);
  CHECK(t.rfind("INC-1 SEV1 Investigating | commander Bob | xxx", 0) == 0);
  CHECK(code_points(t) == 250);
  CHECK(t.find('\n') == std::string::npos);
}

TEST_CASE("the Markdown timeline is headed, dated, escaped, and shows corrections and redactions") {
  Desk d;
  d.say("declare sev1 <b>checkout</b> *500*");
  d.say("INC-1 note \"line one\nline two # not a head\n- [x](http://evil) <!-- & -->\"", "bob");
  d.say("INC-1 note node 3");
  d.say("INC-1 correct 3 node 4", "bob");
  d.say("INC-1 note Jane Doe");
  d.say("INC-1 redact 5", "ada");
  d.now += std::chrono::hours{24};
  d.say("INC-1 resolve done");
  MarkdownTimeline md(d.row(), d.registry);
  const std::string text = md.head() + md.lines(d.entries[1]);
  INFO(text);
  CHECK(text.rfind("# INC-1 &lt;b&gt;checkout&lt;/b&gt; \\*500\\*\n\n- Severity: sev1\n- Status: Resolved\n", 0) == 0);
  CHECK(text.find("\n## 2026-11-23\n\n- `  1  15:42:18  declared ` @Dana declared sev1 \"&lt;b&gt;checkout") != std::string::npos);
  CHECK(text.find("- `  2  15:42:18  note     ` @Bob: line one line two # not a head - \\[x\\](http://evil) &lt;!-- &amp; --&gt;\n") != std::string::npos);
  CHECK(text.find("@Dana: node 4 ~~node 3~~ (corrected by @Bob, 2026-11-23 15:42:18 UTC)\n") != std::string::npos);
  CHECK(text.find("@Bob corrected entry 3: node 4\n") != std::string::npos);
  CHECK(text.find("@Dana: \\[redacted\\]\n") != std::string::npos);
  CHECK(text.find("Jane") == std::string::npos);
  CHECK(text.find("\n## 2026-11-24\n\n- `  7  15:42:18  resolved ` @Dana resolved it: done\n") != std::string::npos);
}

TEST_CASE("a correction on a later page is shown in its place after a first pass") {
  Desk d;
  d.say("declare sev1 x");
  d.say("INC-1 note wrong");
  d.say("INC-1 correct 2 right");
  const auto& all = d.entries[1];
  const std::vector<Entry> page{all[0], all[1]}, rest{all[2]};
  MarkdownTimeline md(d.row(), d.registry);
  md.expect(page);
  md.expect(rest);
  CHECK(md.lines(page).find("@Dana: right ~~wrong~~ (corrected by @Dana") != std::string::npos);
  CHECK(md.lines(rest).find("## ") == std::string::npos);
}

TEST_CASE("a hundred thousand entries stream page by page") {
  Desk d;
  d.say("declare sev1 x");
  MarkdownTimeline md(d.row(), d.registry);
  std::size_t bytes = md.head().size(), lines = 0;
  for (int page = 0; page < 100; ++page) {
    std::vector<Entry> entries;
    for (int i = 0; i < 1000; ++i) entries.push_back(entry(EntryKind::note, "DB pool exhausted on node 3", {}, page * 1000 + i + 1));
    const std::string text = md.lines(entries);
    bytes += text.size();
    lines += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  CHECK(lines == 100000 + 3);  // one day's head
  CHECK(bytes > 5000000);
}

TEST_CASE("text from outside is cleaned without losing words") {
  CHECK(clean(" a\tb ", false) == "a b");
  CHECK(clean("a\r\nb\rc\n", false) == "a\nb\nc");
  CHECK(clean("a\r\nb\xE2\x80\xA8" "c", true) == "a b c");
  CHECK(clean("\xE2\x80\xAE\xE2\x81\xA6x\xE2\x80\x8F\x07\x1b\x7f", true) == "x");
  CHECK(clean("\xC3\xA4 \xF0\x9F\x94\xA5", true) == "\xC3\xA4 \xF0\x9F\x94\xA5");
  CHECK(clean("\xC0\xAF\xED\xA0\x80", true) == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(clean("\xE2\x80\x8B\xC2\xA0\xE3\x80\x80", false).empty());
  CHECK(shorten("abcdef", 4) == "abc\xE2\x80\xA6");
  CHECK(shorten("\xC3\xA4\xC3\xA4\xC3\xA4", 3) == "\xC3\xA4\xC3\xA4\xC3\xA4");
}
