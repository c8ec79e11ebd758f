// Buttons that ask for more: the form as a page, as the inside of a dialog, and a refusal beside its field.
#include "tests/integrations/console/stage.hpp"

using namespace stage;

namespace {

std::string posted(const Browser& who, const std::string& verb, int incident, const std::string& args, const std::string& key = "0123456789abcdef") {
  return "form_token=" + who.form_token + "&verb=" + verb + "&incident=" + std::to_string(incident) + "&key=" + key + "&back=%2Fincidents%2FINC-1" + args;
}

struct Signed : Stage {
  Signed() { say("declare sev2 checkout returns 500"); }
  Page send(Browser& who, const std::string& body, bool script = true) {
    return who.post("/console/forms", body, same_origin() + (script ? "Accept: application/json\r\n" : ""));
  }
  std::int64_t entries() { return static_cast<std::int64_t>(store.timeline(1, 0, 100).value().size()); }
};

}  // namespace

TEST_CASE("A button that asks for more is a link to its form, and the form is a page that works without JavaScript") {
  Signed s;
  Browser alice(s, "alice");
  CHECK(alice.get("/incidents/INC-1").has("href=\"/console/forms?incident=1&amp;text=severity\""));
  CHECK(alice.get("/").has("href=\"/console/forms?incident=0&amp;text=declare\""));
  const Page page = alice.get("/console/forms?incident=1&text=severity");
  CHECK(page.status == 200);
  CHECK(page.has("<h1>Severity of INC-1</h1>"));
  CHECK(page.has("<label for=\"f-severity\">Severity</label>"));
  CHECK(page.has("<option value=\"sev2\" selected=\"\">SEV2</option>"));
  CHECK(page.has("name=\"form_token\" value=\"" + alice.form_token + "\""));
  CHECK(page.has("<a class=\"button\" href=\"/incidents/INC-1\" data-close=\"\">Cancel</a>"));
  const Page role = alice.get("/console/forms?incident=1&text=role");
  CHECK(role.has("list=\"f-people\""));
  CHECK(role.has("<option value=\"@bob\">Bob</option>"));
}

TEST_CASE("The script gets the same form as JSON, and a refusal as a problem") {
  Signed s;
  Browser alice(s, "alice");
  const Page form = alice.get("/console/forms?incident=1&text=update", "Accept: application/json\r\n");
  CHECK(form.status == 200);
  CHECK(form.has("\"title\":\"Update INC-1\""));
  CHECK(form.has("name=\\\"arg:text\\\""));
  CHECK(alice.get("/console/forms?incident=1&text=close", "Accept: application/json\r\n").has("close has no form"));
  CHECK(alice.get("/console/forms?incident=9&text=update", "Accept: application/json\r\n").status == 404);
  CHECK(alice.get("/console/forms?incident=1&text=frobnicate").status == 422);
  CHECK(alice.get("/console/forms?incident=1&text=public").status == 403);  // neither commander nor comms
}

TEST_CASE("A submitted form is recorded once, however often it is sent") {
  Signed s;
  Browser alice(s, "alice");
  const std::string body = posted(alice, "severity", 1, "&arg%3Aseverity=sev1");
  const Page first = s.send(alice, body);
  CHECK(first.status == 200);
  CHECK(first.has("\"ok\":true"));
  CHECK(s.store.incident(1).value()->severity == "sev1");
  const auto count = s.entries();
  CHECK(s.send(alice, body).has("\"repeated\":true"));
  CHECK(s.entries() == count);
  const Page plain = s.send(alice, posted(alice, "update", 1, "&arg%3Atext=EU+is+back", "fedcba9876543210"), false);
  CHECK(plain.status == 303);
  CHECK(plain.header("Location").rfind("/incidents/INC-1?reply=", 0) == 0);
}

TEST_CASE("A declaration by form leads to the new incident") {
  Signed s;
  Browser alice(s, "alice");
  const std::string args = "&arg%3Atitle=salaries&arg%3Aseverity=sev1&arg%3Akind=private";
  const Page made = s.send(alice, posted(alice, "declare", 0, args), false);
  CHECK(made.header("Location").rfind("/incidents/INC-2?reply=", 0) == 0);
  CHECK(s.store.incident(2).value()->is_private);
}

TEST_CASE("A refused form comes back filled in, with the words beside the field they are about") {
  Signed s;
  Browser alice(s, "alice");
  const auto count = s.entries();
  const Page page = s.send(alice, posted(alice, "role", 1, "&arg%3Arole=comms&arg%3Aperson=%40nobody%3Cb%3E"), false);
  CHECK(page.status == 422);
  CHECK(page.has("value=\"@nobody&lt;b&gt;\""));
  CHECK(page.has("id=\"f-person-wrong\" class=\"fault\" role=\"alert\">I do not know"));
  CHECK(page.has("aria-describedby=\"f-person-wrong f-person-hint\" aria-invalid=\"true\""));
  CHECK(page.has("<option value=\"comms\" selected=\"\">"));
  const Page json = s.send(alice, posted(alice, "update", 1, "&arg%3Atext=++"));
  CHECK(json.status == 422);
  CHECK(json.has("\"ok\":false"));
  CHECK(json.has("f-text-wrong"));
  CHECK(json.has("role=\\\"alert\\\">The text is missing.</p>"));  // and not how to type the command: nobody types it here
  CHECK_FALSE(json.has("The form is"));
  CHECK(s.entries() == count);
}

TEST_CASE("A refusal of no field stands above the form; a form that is no longer there is only words") {
  Signed s;
  Browser alice(s, "alice");
  s.intake.say_instead = bot::reply_of(bot::fail(bot::ErrorKind::unavailable, "Not recorded: the disk is full."));
  const Page full = s.send(alice, posted(alice, "update", 1, "&arg%3Atext=words"));
  CHECK(full.status == 503);
  CHECK(full.has("Not recorded: the disk is full."));
  CHECK(full.has(">words</textarea>"));
  s.intake.say_instead.reset();
  s.say("INC-1 resolve");
  s.say("INC-1 close");
  const Page over = s.send(alice, posted(alice, "update", 1, "&arg%3Atext=words"), false);
  CHECK(over.status == 409);
  CHECK(over.has("INC-1 is closed"));
}

TEST_CASE("Forms are for signed-in people on our own pages, and lead back to our own pages alone") {
  Signed s;
  Browser alice(s, "alice");
  CHECK(s.ask("GET", "/console/forms?incident=1&text=update", "", "Accept: application/json\r\n").status == 401);
  CHECK(alice.post("/console/forms", posted(alice, "update", 1, "&arg%3Atext=x"), "Sec-Fetch-Site: cross-site\r\n").status == 403);
  std::string stolen = posted(alice, "update", 1, "&arg%3Atext=x");
  stolen.replace(stolen.find('=') + 1, 64, std::string(64, '0'));
  CHECK(s.send(alice, stolen).status == 403);
  CHECK(alice.get("/console/forms?incident=0&text=declare&back=%2F%2Fevil.example").has("href=\"/\" data-close"));
  s.say("declare private sev1 secret", "bob");
  Browser mallory(s, "mallory");
  const Page hidden = mallory.get("/console/forms?incident=2&text=rename");
  CHECK(hidden.status == 404);
  CHECK_FALSE(hidden.has("secret"));
  const Page missing = mallory.get("/console/forms?incident=3&text=rename");
  CHECK(missing.status == 404);
  CHECK(missing.has("There is no INC-3") == hidden.has("There is no INC-2"));
  CHECK(missing.has("there is no INC-3") == hidden.has("there is no INC-2"));
  CHECK(missing.body.size() == hidden.body.size());
}
