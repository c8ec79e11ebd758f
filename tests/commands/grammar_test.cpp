#include "commands/times.hpp"
#include "commands/words.hpp"
#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

struct Parsed { const char* text; const char* verb; std::int64_t incident; std::vector<std::pair<std::string, std::string>> args; };

bool starts(const std::string& s, const char* with) { return s.rfind(with, 0) == 0; }

}  // namespace

TEST_CASE("typed text becomes a verb with named arguments") {
  Desk d;
  const std::vector<Parsed> table{
      {"declare sev1 checkout returns 500", "declare", 0, {{"severity", "sev1"}, {"title", "checkout returns 500"}}},
      {"  DECLARE SEV-1  \"checkout returns 500\" ", "declare", 0, {{"severity", "SEV-1"}, {"title", "checkout returns 500"}}},
      {"declare P1 checkout is down", "declare", 0, {{"severity", "P1"}, {"title", "checkout is down"}}},
      {"declare sev2: checkout is down", "declare", 0, {{"severity", "sev2"}, {"title", "checkout is down"}}},
      {"declare sev 2 checkout is down", "declare", 0, {{"severity", "sev2"}, {"title", "checkout is down"}}},
      {"declare severity SEV1, private x", "declare", 0, {{"severity", "SEV1"}, {"kind", "private"}, {"title", "x"}}},
      {"declare p95 of checkout is high", "declare", 0, {{"title", "p95 of checkout is high"}}},
      {"declare s3 is unreachable", "declare", 0, {{"title", "s3 is unreachable"}}},
      {"declare sev 500 errors", "declare", 0, {{"title", "sev 500 errors"}}},
      {"declare 1 node is down", "declare", 0, {{"title", "1 node is down"}}},
      {"declare sev9 x", "declare", 0, {{"severity", "sev9"}, {"title", "x"}}},
      {"declare private sev2 drill x y", "declare", 0, {{"severity", "sev2"}, {"kind", "private drill"}, {"title", "x y"}}},
      {"declare Drill failover", "declare", 0, {{"kind", "drill"}, {"title", "failover"}}},
      {"declare \"private beta is down\"", "declare", 0, {{"title", "private beta is down"}}},
      {"declare drill drill bits are hot", "declare", 0, {{"kind", "drill"}, {"title", "drill bits are hot"}}},
      {"adopt sev2 checkout is slow", "adopt", 0, {{"severity", "sev2"}, {"title", "checkout is slow"}}},
      {"mirror Matrix", "mirror", 0, {{"chat", "Matrix"}}},
      {"snooze 1 h", "snooze", 0, {{"time", "1 h"}}},
      {"join @bob", "join", 0, {{"person", "@bob"}}},
      {"declare \"sev1\" is the title", "declare", 0, {{"title", "\"sev1\" is the title"}}},
      {"/incident note x", "note", 0, {{"text", "x"}}},
      {"!incident note x", "note", 0, {{"text", "x"}}},
      {"INC-7 note  two  words ", "note", 7, {{"text", "two  words"}}},
      {"#7 note x", "note", 7, {{"text", "x"}}},
      {"INC-7: note x", "note", 7, {{"text", "x"}}},
      {"inc-7, note x", "note", 7, {{"text", "x"}}},
      {"resolve INC-7", "resolve", 7, {}},
      {"ack inc-7", "ack", 7, {}},
      {"note INC-7 is the same", "note", 0, {{"text", "INC-7 is the same"}}},
      {"INC-8 note INC-7", "note", 8, {{"text", "INC-7"}}},
      {"note \"INC-7\"", "note", 0, {{"text", "INC-7"}}},
      {"show INC-7", "show", 0, {{"text", "INC-7"}}},
      {"inc-7", "show", 7, {}},
      {"", "help", 0, {}},
      {"note \xE2\x80\x9C" "curly\xE2\x80\x9D", "note", 0, {{"text", "curly"}}},
      {"note \"a\" and \"b\"", "note", 0, {{"text", "\"a\" and \"b\""}}},
      {"role commander <@slack:U02|bob smith>", "role", 0, {{"role", "commander"}, {"person", "<@slack:U02|bob smith>"}}},
      {"role @bob commander", "role", 0, {{"role", "commander"}, {"person", "@bob"}}},
      {"status identified bad deploy", "status", 0, {{"state", "identified"}, {"text", "bad deploy"}}},
      {"page @bob come", "page", 0, {{"person", "@bob"}, {"text", "come"}}},
      {"page the database is slow", "page", 0, {{"text", "the database is slow"}}},
      {"page \"\"", "page", 0, {{"text", ""}}},
      {"page zed", "page", 0, {{"person", "zed"}}},
      {"page \"zed\"", "page", 0, {{"text", "zed"}}},
      {"page bod come quickly", "page", 0, {{"person", "bod"}, {"text", "come quickly"}}},
      {"page Caroll please", "page", 0, {{"person", "Caroll"}, {"text", "please"}}},
      {"correct #12 new words", "correct", 0, {{"entry", "12"}, {"text", "new words"}}},
      {"public investigating title=\"Card \xC2\xA7 payments\" api=partial_outage web=operational We look.", "public", 0,
       {{"state", "investigating"}, {"title", "Card \xC2\xA7 payments"}, {"component", "api=partial_outage"}, {"component", "web=operational"}, {"text", "We look."}}},
      {"public investigating \"a=b fails\"", "public", 0, {{"state", "investigating"}, {"text", "a=b fails"}}},
      {"public investigating See https://x.example/?a=b", "public", 0, {{"state", "investigating"}, {"text", "See https://x.example/?a=b"}}},
      {"public SEND vendor", "public", 0, {{"choice", "send"}, {"page", "vendor"}}},
  };
  for (const auto& want : table) {
    INFO(want.text);
    const auto got = d.table->parse(want.text, d.settings, d.registry);
    REQUIRE(got);
    CHECK(got->verb == want.verb);
    CHECK(got->incident.value_or(0) == want.incident);
    CHECK(got->args == want.args);
  }
}

TEST_CASE("an unknown verb offers the nearest two") {
  Desk d;
  const std::vector<std::tuple<const char*, const char*, const char*>> table{
      {"resovle", "resolve", ""}, {"sev sev2", "severity", ""}, {"assign bob", "role", ""}, {"INC-1 statsu identified", "status", "started"}, {"cloze", "close", ""}};
  for (const auto& [text, first, second] : table) {
    INFO(text);
    const Reply r = d.say(text);
    const std::string told = d.text_of(r);
    CHECK(r.status == ReplyStatus::invalid);
    CHECK(starts(told, "Not recorded: "));
    CHECK(told.find(std::string("Did you mean ") + first) != std::string::npos);
    CHECK(told.find(second) != std::string::npos);
    CHECK(told.find("/incident help") != std::string::npos);
  }
}

TEST_CASE("hostile text is data: it parses to something or is refused in one clean sentence") {
  Desk d;
  for (const std::string& text : {std::string("\x00\x01\xff", 3), std::string(100000, 'a'), std::string("\xE2\x80\xAE" "evil"), std::string("<@"), std::string("<@>"),
                                  std::string("\"\"\"\""), std::string("INC-99999999999999999999 note x"), std::string("#0 note x"), std::string("public = = ="),
                                  std::string("role <@slack:U9|<!channel>>"), std::string("<script>alert(1)</script>")}) {
    const auto got = d.table->parse(text, d.settings, d.registry);
    if (got) continue;
    CHECK(got.error().message.size() < 400);
    CHECK(got.error().message.find('\xff') == std::string::npos);
    CHECK(got.error().message.find("\xE2\x80\xAE") == std::string::npos);
  }
}

TEST_CASE("words are cut with quotes, options and person tokens in one piece") {
  commands::Line line("a \"b c\" k=\"v w\" <@slack:U1|x y> \"open");
  CHECK(line.word() == "a");
  CHECK(line.quoted());
  CHECK(line.word() == "b c");
  CHECK(line.word() == "k=\"v w\"");
  CHECK(line.word() == "<@slack:U1|x y>");
  CHECK(line.rest() == "\"open");
  CHECK(line.empty());
}

TEST_CASE("distance counts edits and swaps without case") {
  CHECK(commands::distance("note", "NOTE") == 0);
  CHECK(commands::distance("ntoe", "note") == 1);
  CHECK(commands::distance("", "abc") == 3);
  CHECK(commands::distance(std::string(500, 'x'), "abc") == 32);
  CHECK(commands::listed({"a", "b", "c"}) == "a, b or c");
}

TEST_CASE("a time may be a clock, a while ago or a full date, always UTC") {
  const Time now{Millis{1795448538000}};  // 2026-11-23T15:42:18Z
  const std::vector<std::pair<const char*, const char*>> table{
      {"14:02", "2026-11-23T14:02:00.000Z"},        {"14:02 UTC", "2026-11-23T14:02:00.000Z"},  {"9:05", "2026-11-23T09:05:00.000Z"},
      {"23:59", "2026-11-22T23:59:00.000Z"},        {"14:02:11z", "2026-11-23T14:02:11.000Z"},  {"25 min ago", "2026-11-23T15:17:18.000Z"},
      {"2h ago", "2026-11-23T13:42:18.000Z"},       {"now", "2026-11-23T15:42:18.000Z"},        {"2026-11-20 08:00", "2026-11-20T08:00:00.000Z"},
      {"10m", "2026-11-23T15:32:18.000Z"},          {"25 min", "2026-11-23T15:17:18.000Z"},     {"1402", "2026-11-23T14:02:00.000Z"},
      {"14.02", "2026-11-23T14:02:00.000Z"},        {"9.05 UTC", "2026-11-23T09:05:00.000Z"},   {"yesterday 14:02", "2026-11-22T14:02:00.000Z"},
      {"today 1402", "2026-11-23T14:02:00.000Z"},
      {"2026-11-20T08:00:05Z", "2026-11-20T08:00:05.000Z"}, {"2026-11-20T08:00:05+02:00", "2026-11-20T06:00:05.000Z"}};
  for (const auto& [text, want] : table) {
    INFO(text);
    const auto got = commands::moment(text, now);
    REQUIRE(got);
    CHECK(iso8601(*got) == want);
  }
  for (const char* text : {"", "soon", "25:00", "14:61", "2026-02-30 10:00", "-5 min ago", "5 parsecs ago", "14:02 CET", "2026-11-20", "14000", "2561", "14.2", "yesterday", "tomorrow 14:02"}) {
    INFO(text);
    CHECK_FALSE(commands::moment(text, now));
  }
}

TEST_CASE("help comes from the table: every verb has a form, words and an example that parses to it") {
  Desk d;
  const Reply all = d.say("help");
  CHECK(all.card.list.size() == 28);
  for (const auto& line : all.card.list) {
    const std::string form = line[0].value;
    const std::string verb = form.substr(0, form.find(' '));
    INFO(form);
    CHECK(plain_text({line[1]}, d.registry).size() > 10);
    const Reply one = d.say("help " + verb);
    CHECK(one.status == ReplyStatus::ok);
    const std::string example = one.card.paragraphs[1][1].value;
    const auto parsed = d.table->parse(example, d.settings, d.registry);
    REQUIRE(parsed);
    CHECK(parsed->verb == verb);
  }
  CHECK(d.say("help sevrity").status == ReplyStatus::not_found);
  CHECK(d.say("help declare sev1").card == d.say("help declare").card);
  CHECK(d.say("help help help").card == d.say("help help").card);
}

TEST_CASE("the lines for completion name every verb, and which only ask") {
  std::set<std::string> queries;
  for (const auto& line : commands::verb_lines())
    if (line.query) queries.insert(line.name);
  CHECK(commands::verb_lines().size() == 28);
  CHECK(queries == std::set<std::string>{"help", "list", "show", "timeline"});
}

TEST_CASE("an invocation from a form is checked like a typed one") {
  Desk d;
  d.say("declare sev1 x");
  CHECK(d.press(Invocation{"severity", 1, {{"severity", "sev9"}}}, "dana").status == ReplyStatus::invalid);
  CHECK(d.press(Invocation{"no such verb", 1, {}}, "dana").status == ReplyStatus::invalid);
  CHECK(d.press(Invocation{"list", 1, {}}, "dana").status == ReplyStatus::invalid);
  CHECK(d.press(Invocation{"declare", 1, {{"severity", "zzz"}, {"title", "y"}}}, "dana").status == ReplyStatus::invalid);
  CHECK(d.press(Invocation{"public", 1, {{"choice", "explode"}}}, "dana").status == ReplyStatus::forbidden);
  CHECK(d.press(Invocation{"note", 1, {{"text", "from a form"}}}, "dana").status == ReplyStatus::ok);
}

TEST_CASE("every example works when typed at the right moment") {
  Desk d;
  d.say("declare sev1 checkout returns 500", "ada");
  d.say("INC-1 role commander", "ada");
  for (int i = 0; i < 12; ++i) d.say("INC-1 note entry", "ada");
  d.room = 1;
  for (const char* verb : {"join", "role", "severity", "status", "rename", "impact", "started", "note", "update", "page", "ack", "correct", "list", "show", "timeline"}) {
    const Reply help = d.say(std::string("help ") + verb);
    std::string example = help.card.paragraphs[1][1].value;
    if (example == "show INC-7") example = "show INC-1";
    INFO(example);
    const Reply r = d.say(example, "ada");
    INFO(d.text_of(r));
    CHECK(r.status == ReplyStatus::ok);
  }
  d.say("role commander me", "ada");
  for (const char* verb : {"public", "redact", "resolve", "reopen", "resolve", "close", "reopen", "cancel"}) {
    const Reply help = d.say(std::string("help ") + verb);
    const std::string example = help.card.paragraphs[1][1].value;
    INFO(example);
    const Reply r = d.say(example, "ada");
    INFO(d.text_of(r));
    CHECK(r.status == ReplyStatus::ok);
  }
}

TEST_CASE("examples are shown the way this chat types them") {
  Desk d;
  d.say("declare sev1 x");
  d.source = "slack";
  d.room = 1;
  CHECK(d.text_of(d.say("severity sev9")).find("/incident severity sev2") != std::string::npos);
  d.source = "matrix";
  CHECK(d.text_of(d.say("severity sev9")).find("!incident severity sev2") != std::string::npos);
  d.source = "console";
  CHECK(d.text_of(d.say("severity sev9")).find("for example: severity sev2") != std::string::npos);
}

TEST_CASE("what is advised about an incident that was named names it too") {
  Desk d;
  d.say("declare sev1 x");
  CHECK(d.text_of(d.say("INC-1 severity sev9")).find("for example: INC-1 severity sev2") != std::string::npos);
  CHECK(d.text_of(d.say("INC-1 note")).find("For example: INC-1 note DB pool") != std::string::npos);
  d.say("INC-1 resolve");
  CHECK(d.text_of(d.say("INC-1 status identified")).find("open it again first: INC-1 reopen") != std::string::npos);
}

TEST_CASE("what is shaped like an incident's name and is none is no verb") {
  Desk d;
  for (const char* name : {"INC-0", "INC-99999999999999999999", "INC--1", "INC-x", "#0"}) {
    INFO(name);
    const Reply r = d.say(std::string(name) + " show");
    CHECK(r.status == ReplyStatus::not_found);
    CHECK(d.text_of(r).find(std::string("there is no incident ") + name + ".") != std::string::npos);
    CHECK(d.text_of(r).find("is not a command") == std::string::npos);
  }
}

TEST_CASE("an incident named behind the verb, among other words, is asked about") {
  Desk d;
  d.say("declare sev1 x");
  const Reply r = d.say("note INC-1 hello there");
  CHECK(r.status == ReplyStatus::invalid);
  CHECK(d.text_of(r).find("Did you mean INC-1 note hello there?") != std::string::npos);
  CHECK(d.text_of(d.say("severity INC-1 sev2")).find("Did you mean INC-1 severity sev2?") != std::string::npos);
  d.room = 1;
  CHECK(d.say("note INC-1 hello there").status == ReplyStatus::ok);
  CHECK(d.last.entries[0].text == "INC-1 hello there");
}

TEST_CASE("noise gets no far-fetched suggestion") {
  Desk d;
  for (const char* text : {"frobnicate", "1", "xyzzy", "help frobnicate"}) {
    INFO(text);
    const std::string told = d.text_of(d.say(text));
    CHECK(told.find("is not a command. For all of them: ") != std::string::npos);
  }
}

TEST_CASE("examples and hints use the settings' names, and a severity's word means the same everywhere") {
  Desk d;
  d.settings.incidents.severities = {"kritisch", "hoch", "tief"};
  CHECK(d.text_of(d.say("help severity")).find("For example: severity hoch") != std::string::npos);
  CHECK(d.text_of(d.say("list")).find("declare hoch checkout") != std::string::npos);
  const Reply refused = d.say("declare sev1 x y");
  CHECK(refused.status == ReplyStatus::invalid);
  CHECK(d.text_of(refused).find("\"sev1\" is not a severity. Use kritisch, hoch or tief, for example: declare kritisch") != std::string::npos);
  CHECK(d.nothing_recorded());
  d.settings.incidents.severities = {"P1", "P2", "P3"};
  CHECK(d.say("declare sev1 a").status == ReplyStatus::ok);
  CHECK(d.row().severity == "P1");
  CHECK(d.say("INC-1 severity sev2").status == ReplyStatus::ok);
  CHECK(d.row().severity == "P2");
  CHECK(d.say("declare sev7 a").status == ReplyStatus::invalid);
  CHECK(d.say("INC-1 severity sev7").status == ReplyStatus::invalid);
  CHECK(d.say("INC-1 severity s1").status == ReplyStatus::invalid);
}
