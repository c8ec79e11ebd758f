// The console's forms and command line, posted by somebody who is signed in: whatever the fields hold, what is asked for is asked in the signed-in
// person's name, within the limits, and only with the form's token; what comes back is well-formed, holds the words as they were typed, and leads
// nowhere else.
// The first byte chooses: f a form's submission, c a command line, s a form to be shown, h a page, l a sign-in link. A second byte, odd: JSON is wanted.
#include <nlohmann/json.hpp>

#include "bot/coordinator.hpp"
#include "commands/table.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/console/routes.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/text/html.hpp"
#include "tests/fuzz/fake_door.hpp"
#include "tests/fuzz/html_reader.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_store.hpp"

namespace {

using fuzz::must;

const std::string kSession = "fuzz-session-0123456789";

/// Refuses everything, so that forms come back filled in; keeps what was asked.
class Refusing : public bot::Intake {
 public:
  void submit(bot::Request request, bot::Completion done) override {
    must(request.caller.kind == bot::ActorKind::person && request.caller.integration == "console" && request.caller.external_id == "alice");
    for (const auto& key : request.dedup_keys) must(key.rfind("console:", 0) == 0 && key.size() < 200);
    if (const auto* invocation = std::get_if<bot::Invocation>(&request.body))
      for (const auto& [name, value] : invocation->args) must(value.size() <= 20000 + 3 * 20000 && text::is_valid_utf8(value) && text::clean(value) == value);
    if (const auto* typed = std::get_if<bot::Typed>(&request.body)) must(text::is_valid_utf8(typed->text) && typed->text.size() < 64u << 10);
    asked = request;
    ++count;
    bot::Reply reply;
    reply.status = bot::ReplyStatus::invalid;
    reply.card.title = {bot::plain("That does not fit.")};
    done(reply);
  }
  bot::Request asked;
  int count = 0;
};

/// The answers, kept.
class Door : public fuzz::Door {
 public:
  http::Response knock(const std::string& route, const http::Request& request) {
    struct Once : http::Exchange {
      explicit Once(std::optional<http::Response>& to) : out(to) {}
      void respond(http::Response response) override {
        must(!out.has_value());
        out = std::move(response);
      }
      std::shared_ptr<http::Stream> stream(http::Response) override { std::abort(); }
      std::optional<http::Response>& out;
    };
    std::optional<http::Response> answer;
    routes_.at(route)(request, std::make_shared<Once>(answer));
    must(answer.has_value());
    return *answer;
  }
};

struct Stage {
  support::FakeEnv env;
  support::FakeStore store;
  bot::Settings settings;
  bot::People people;
  std::unique_ptr<bot::Commands> table = commands::make_table();
  bot::Coordinator coordinator{store, store, *table, settings, people, env.env()};
  Refusing intake;
  Door door;
  std::unique_ptr<console::Console> desk;
  std::string form_token = http::hmac_sha256_hex(bot::Secret(kSession), "muster console form 1");
  Stage() {
    const bot::Person alice{"alice", "Alice", false, {{"slack", "U01"}}, ""};
    people.put(alice);
    settings.people = {alice};
    const auto now = env.clock.now();
    must(store.add_invite("invite", "alice", now + std::chrono::hours(1)).ok());
    must(store.redeem_invite("invite", kSession, now, now + std::chrono::hours(24)).ok());
    bot::Request declare;
    declare.caller = {bot::ActorKind::person, "console", "alice", "Alice", {}};
    declare.dedup_keys = {"console:first"};
    declare.body = bot::Typed{"declare sev2 checkout is slow"};
    declare.received = now;
    coordinator.submit(declare, [](const bot::Reply& reply) { must(reply.status == bot::ReplyStatus::ok); });
    while (coordinator.run_once()) {
    }
    console::ConsoleOptions options;
    for (const auto& line : commands::verb_lines()) options.verbs.push_back({line.name, line.form, line.summary, line.query});
    options.forms = &coordinator;
    desk = std::make_unique<console::Console>(door, intake, store, store, settings, people, env.env(), std::move(options));
  }
  ~Stage() { desk->stop(); }

  http::Request request(const std::string& body, bool json, bool from_here) const {
    http::Request out;
    out.method = "POST";
    out.path = "/console/forms";
    out.headers = {{"host", "muster.example"}, {"cookie", "muster=" + kSession}, {"sec-fetch-site", from_here ? "same-origin" : "cross-site"}};
    if (json) out.headers.emplace_back("accept", "application/json");
    out.body = body;
    return out;
  }
};

/// Every answer: a header holds no line break, a page is well-formed and its links lead nowhere else.
void sound(const http::Response& answer) {
  for (const auto& [name, value] : answer.headers) {
    must(value.find_first_of(std::string("\r\n\0", 3)) == std::string::npos);
    if (name == "Location") must(value[0] == '/' && fuzz::leads_somewhere_safe(value));
  }
  must(text::is_valid_utf8(answer.body));
  std::string html = answer.body;
  if (const auto parsed = codec::parse(answer.body)) html = parsed->is_object() ? parsed->value("form", "") : "";
  else if (html.rfind("<!doctype html>\n", 0) == 0) html.erase(0, 16);
  const auto read = fuzz::read_html(html);
  for (const auto& [name, value] : read.attributes)
    if (name == "href" || name == "action") must(fuzz::leads_somewhere_safe(value));
}

void post(Stage& stage, const char* route, const std::string& fields, bool json) {
  // Without the form's token, or from another site, nothing is asked.
  const int before = stage.intake.count;
  if (fields.find("form_token=") == std::string::npos) {
    sound(stage.door.knock(route, stage.request(fields, json, true)));
    must(stage.intake.count == before);
  }
  const std::string body = "form_token=" + stage.form_token + "&" + fields;
  sound(stage.door.knock(route, stage.request(body, json, false)));
  must(stage.intake.count == before);
  sound(stage.door.knock(route, stage.request(body, json, true)));
  must(stage.intake.count <= before + 1);
}

/// A note's words come back as they were typed, whatever they are.
void note(Stage& stage, const std::string& words) {
  const std::string typed = words.substr(0, 4000);
  const int before = stage.intake.count;
  const auto answer = stage.door.knock(
      "POST /console/forms", stage.request("form_token=" + stage.form_token + "&verb=note&incident=1&arg:text=" + http::percent_encode(typed), false, true));
  sound(answer);
  must(stage.intake.count == before + 1 && answer.status == 422);
  const std::string seen = text::clean(typed);
  must(std::get<bot::Invocation>(stage.intake.asked.body).arg("text") == seen);
  must(fuzz::read_html(answer.body.substr(16)).words.find(seen) != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Stage stage;
  fuzz::Input input(data, size);
  const char which = static_cast<char>(input.byte());
  const bool json = input.byte() % 2 == 1;
  const std::string rest = input.rest();
  if (which == 'f') {
    post(stage, "POST /console/forms", rest, json);
    note(stage, rest);
  }
  if (which == 'c') post(stage, "POST /console/commands", rest, json);
  if (which == 's' || which == 'h') {
    http::Request request = stage.request("", json, true);
    request.method = "GET";
    request.query = rest;
    if (which == 's') sound(stage.door.knock("GET /console/forms", request));
    if (which == 'h') sound(stage.door.knock("GET /", request));
    request.segments = {"INC-1"};
    if (which == 'h') sound(stage.door.knock("GET /incidents/{}", request));
  }
  if (which == 'l') {
    http::Request request = stage.request("", json, true);
    request.segments = {rest};
    if (rest == "invite") return 0;  // used up
    sound(stage.door.knock("GET /login/{}", request));
    must(stage.door.knock("POST /login/{}", request).status == 410);
  }
  return 0;
}
