// Forms: what is asked, what stands in the fields, and which field a refusal belongs to.
#include "tests/commands/desk.hpp"

using namespace desk;

namespace {

struct Declared : Desk {
  Declared() {
    say("declare sev1 checkout returns 500");
    room = 1;
  }
  Form must(const std::string& text, const std::string& who = "dana") {
    auto made = form(text, who);
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
    return *std::move(made);
  }
};

const Field& field(const Form& form, const std::string& arg) {
  for (const auto& f : form.fields)
    if (f.arg == arg) return f;
  FAIL("no field " << arg);
  std::abort();
}

Words args_of(const Form& form) {
  Words out;
  for (const auto& f : form.fields) out.push_back(f.arg);
  return out;
}

/// What a person sends who changes nothing but `set`.
Invocation filled(const Form& form, const std::map<std::string, std::string>& set) {
  Invocation out;
  out.verb = form.verb;
  out.incident = form.incident;
  for (const auto& f : form.fields) out.args.emplace_back(f.arg, set.count(f.arg) > 0 ? set.at(f.arg) : f.initial);
  return out;
}

}  // namespace

TEST_CASE("declare asks for title, severity and kind, and its submission declares") {
  Desk d;
  auto form = d.form("declare");
  REQUIRE(form);
  CHECK(args_of(*form) == Words{"title", "severity", "kind"});
  CHECK_FALSE(form->incident);
  CHECK(field(*form, "severity").initial == "sev3");
  CHECK(field(*form, "severity").choices.front() == Choice{"sev1", "SEV1"});
  CHECK(field(*form, "kind").initial == "normal");
  CHECK(d.press(filled(*form, {{"title", "checkout"}, {"severity", "sev1"}}), "dana").incident == 1);
  CHECK(d.row().severity == "sev1");
  CHECK_FALSE(d.row().is_private);
  CHECK(d.press(filled(*form, {{"title", "salaries"}, {"kind", "private drill"}}), "dana").incident == 2);
  CHECK((d.row(2).is_private && d.row(2).is_drill));
  auto begun = d.form("declare sev2 from this message");
  REQUIRE(begun);
  CHECK(field(*begun, "title").initial == "from this message");
  CHECK(field(*begun, "severity").initial == "sev2");
}

TEST_CASE("forms hold what the row says now") {
  Declared d;
  CHECK(field(d.must("severity"), "severity").initial == "sev1");
  CHECK(field(d.must("severity sev3"), "severity").initial == "sev3");
  CHECK(field(d.must("status"), "state").initial == "investigating");
  d.say("role commander", "bob");
  const Form role = d.must("role");
  CHECK(field(role, "role").initial == "comms");
  CHECK(field(role, "role").choices.front() == Choice{"commander", "Commander: Bob"});
  CHECK(field(role, "person").kind == FieldKind::person);
  d.say("impact EU cards");
  CHECK(field(d.must("impact"), "text").initial == "EU cards");
  CHECK(field(d.must("rename"), "title").initial == "checkout returns 500");
}

TEST_CASE("every form fits the narrowest chat, and its untouched submission is never half done") {
  Declared d;
  d.row().number = 1;
  d.say("role commander");
  for (const std::string verb : {"declare", "update", "note", "severity", "status", "role", "public", "page", "resolve", "reopen", "cancel", "rename", "impact",
                                 "started", "correct", "snooze", "mirror"}) {
    INFO(verb);
    const Form form = d.must(verb);
    CHECK(form.verb == verb);
    CHECK(form.title.size() <= 26);
    CHECK_FALSE(form.submit.empty());
    CHECK(form.submit.size() <= 24);
    CHECK_FALSE(form.fields.empty());
    for (const auto& f : form.fields) {
      INFO(f.arg);
      CHECK_FALSE(f.label.empty());
      CHECK(f.label.size() <= 48);
      CHECK((f.kind == FieldKind::choice) == !f.choices.empty());
      if (f.kind == FieldKind::choice && !f.initial.empty())
        CHECK(std::any_of(f.choices.begin(), f.choices.end(), [&](const Choice& c) { return c.value == f.initial; }));
      for (const auto& c : f.choices) CHECK((!c.value.empty() && !c.label.empty() && c.label.size() <= 75));
    }
  }
}

TEST_CASE("what has no form says what to type") {
  Declared d;
  for (const std::string text : {"join", "leave", "close", "ack", "private", "list", "help", "timeline", "redact 1"}) {
    if (text == "private") d.say("role commander");
    const auto made = d.form(text);
    INFO(text);
    REQUIRE_FALSE(made);
    if (text != "redact 1") CHECK(made.error().message.find("has no form. Type it: ") != std::string::npos);
  }
  CHECK_FALSE(d.form("frobnicate"));
}

TEST_CASE("a form is refused like its verb: not allowed, not there, already over") {
  Declared d;
  CHECK(d.form("public", "bob").error().kind == ErrorKind::forbidden);
  d.room = 0;
  CHECK(d.form("update").error().kind == ErrorKind::invalid_input);
  CHECK(d.form("INC-9 update").error().kind == ErrorKind::not_found);
  d.room = 1;
  d.say("resolve");
  d.say("close");
  CHECK(d.form("update").error().kind == ErrorKind::conflict);
}

TEST_CASE("the public form has a field per component, and those not part of it stay as they are") {
  Declared d;
  d.say("role commander");
  const Form form = d.must("public");
  CHECK(args_of(form) == Words{"state", "title", "text", "component:api", "component:web"});
  CHECK(field(form, "component:api").initial == "major_outage");  // the severity's default
  CHECK(field(form, "component:web").initial == "same");
  CHECK(d.press(filled(form, {{"text", "We look into it."}}), "dana").status == ReplyStatus::ok);
  CHECK(d.row().publication.components == std::map<std::string, std::string>{{"api", "major_outage"}});
  CHECK(d.row().publication.title == "Problems with API");
  const Form next = d.must("public");
  CHECK(field(next, "title").initial == "Problems with API");
  CHECK(field(next, "state").initial == "investigating");
  const Reply wrong = d.press(filled(next, {{"text", "More."}, {"component:web", "on fire"}}), "dana");
  CHECK(wrong.status == ReplyStatus::invalid);
  CHECK(wrong.field == "component:web");
  CHECK(d.press(filled(next, {{"text", "Web too."}, {"component:web", "partial_outage"}}), "dana").status == ReplyStatus::ok);
  CHECK(d.row().publication.components.size() == 2);
}

TEST_CASE("a refusal names the field it is about") {
  Declared d;
  d.say("role commander");
  struct Case { const char* text; const char* field; };
  const std::string long_text(4001, 'x'), long_title(256, 'x');
  for (const Case& c : {Case{"declare", "title"}, Case{"declare sev9 x", "severity"}, Case{"severity sev9", "severity"}, Case{"severity", "severity"}, Case{"status fixed", "state"},
                        Case{"status", "state"}, Case{"role boss", "role"}, Case{"role comms @nobodyknows", "person"}, Case{"update", "text"}, Case{"note", "text"},
                        Case{"public fixed x", "state"}, Case{"public investigating", "text"}, Case{"public investigating api=bad x", "component:api"},
                        Case{"page @ada", "person"}, Case{"rename", "title"}, Case{"impact", "text"}, Case{"started soon", "time"}, Case{"started", "time"},
                        Case{"correct", "entry"}, Case{"correct 99 x", "entry"}, Case{"correct 1", "text"}, Case{"mirror", "chat"}, Case{"mirror irc", "chat"}}) {
    const Reply r = d.say(c.text);
    INFO(c.text << " → " << d.text_of(r));
    CHECK(r.status != ReplyStatus::ok);
    CHECK(r.field == c.field);
  }
  CHECK(d.say("note " + long_text).field == "text");
  CHECK(d.say("rename " + long_title).field == "title");
  CHECK(d.say("note fine").field.empty());
}

TEST_CASE("the card's buttons that need more words open forms") {
  Declared d;
  const Card card = summary_card(d.row(), d.now);
  std::map<std::string, bool> opens;
  for (const auto& b : card.buttons) opens[b.label] = b.form;
  for (const char* label : {"Update", "Status", "Severity", "Roles", "Page"}) CHECK(opens.at(label));
  CHECK_FALSE(opens.at("Timeline"));
  CHECK_FALSE(opens.at("Claim commander"));
  const Reply list = d.say("list");
  REQUIRE(list.card.buttons.size() == 1);
  CHECK((list.card.buttons[0].command == "declare" && list.card.buttons[0].form));
}
