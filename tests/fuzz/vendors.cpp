// What vendors answer, whatever status and bytes: an answer means one of five things and says so in words for people; nothing is believed that is
// not there; a wait has an end; no secret is repeated.
// The first byte says whose: s Slack, h an incoming webhook, p Statuspage, m Matrix. The second chooses the status, then the Retry-After up to a
// NUL, then the body.
#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/http/client.hpp"
#include "integrations/matrix/api.hpp"
#include "integrations/slack/api.hpp"
#include "integrations/slack/hook_sender.hpp"
#include "integrations/statuspage/atlassian/wire.hpp"
#include "integrations/text/html.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/support/fake_env.hpp"

namespace {

using fuzz::must;
using nlohmann::json;

const std::string kToken = "xoxb-fuzz-secret-token";
constexpr bot::Millis kHour{3600000};
constexpr int kStatuses[] = {200, 201, 204, 299, 301, 302, 304, 400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 599, 100, 600, 999};

class Canned : public http::Client {
 public:
  http::CallResult call(const http::Call&) override { return answer; }
  http::Answer answer;
};

/// Time enough between two calls that no limit of ours holds one back.
struct Outside {
  support::FakeEnv env;
  Canned client;
};
Outside& outside() {
  static Outside one;
  one.env.advance(2 * kHour);
  return one;
}

void for_people(const std::string& words, const std::string& body) {
  must(!words.empty() && words.size() < 2000 && text::is_valid_utf8(words) && text::clean(words, true) == words);
  must(body.find(kToken) != std::string::npos || words.find(kToken) == std::string::npos);
}

void waits_with_an_end(const std::optional<bot::Millis>& after) { must(!after || (after->count() > 0 && *after <= kHour)); }

bool is_code(const std::string& code) {
  return code.size() <= 64 && code.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") == std::string::npos;
}

void slack_answers() {
  static const bot::SlackSettings settings = [] {
    bot::SlackSettings s;
    s.api_url = "https://slack.example/api/";
    s.bot_token = bot::Secret(kToken);
    return s;
  }();
  Outside& out = outside();
  slack::Workspace workspace;
  slack::Api api(settings, out.client, out.env.clock, workspace);
  const slack::Budget budget(out.env.clock, bot::Millis{9000}, bot::Millis{9000});
  const auto& answer = out.client.answer;
  json got;
  const auto problem = api.call("chat.postMessage", {{"channel", "C1"}}, budget, got, "C1");
  must(got.is_object());
  if (!problem) {
    must(answer.status < 500 && answer.status != 429 && got.at("ok") == true);
  } else {
    for_people(problem->words, answer.body);
    waits_with_an_end(problem->after);
    must(is_code(problem->code) && problem->code.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ.") == std::string::npos);
    must((problem->outcome == slack::Outcome::waits) == problem->after.has_value());
    // A vendor that fails may have done it; only its own word says that it did not.
    if (answer.status >= 500) must(problem->outcome == slack::Outcome::doubtful);
    if (answer.status >= 200 && answer.status < 300 && !codec::parse(answer.body)) must(problem->outcome == slack::Outcome::doubtful);
  }
  out.env.advance(2 * kHour);
  slack::Workspace fresh;
  slack::Api asking(settings, out.client, out.env.clock, fresh);
  if (!asking.learn_identity(slack::Budget(out.env.clock, bot::Millis{9000}, bot::Millis{9000})))
    must(fresh.identity() && !fresh.identity()->user_id.empty() && !fresh.identity()->team_id.empty());
}

/// What an attempt came to: its words are for people, its wait ends.
void is_sound(const bot::SendResult& result, const std::string& body) {
  if (const auto* not_sent = std::get_if<bot::NotSent>(&result)) {
    for_people(not_sent->reason, body);
    waits_with_an_end(not_sent->after);
  }
  if (const auto* doubtful = std::get_if<bot::Doubtful>(&result)) for_people(doubtful->reason, body);
  if (const auto* refused = std::get_if<bot::Refused>(&result)) for_people(refused->reason, body);
}

void webhook_answers() {
  static const bot::AnnouncementHook hook{"ops", bot::Secret("https://hooks.example/" + kToken)};
  static const bot::Settings settings;
  static const bot::People people;
  Outside& out = outside();
  const auto sender = slack::make_hook_sender(hook, settings, out.client, people, out.env.clock);
  bot::Message message;
  message.content = bot::Announce{};
  const bot::Incident incident;
  const std::vector<bot::Reference> none;
  const auto result = sender->send(message, bot::SendContext{incident, none, 1, {}});
  is_sound(result, out.client.answer.body);
  const int status = out.client.answer.status;
  must(std::holds_alternative<bot::Accepted>(result) == (status >= 200 && status < 300));
}

void statuspage_answers(const std::string& body) {
  using namespace statuspage::atlassian;
  const std::string said = read_problem(body);
  must(text::is_valid_utf8(said) && text::clean(said, true) == said && text::shorten(said, 300) == said);
  if (const auto one = read_incident(body)) {
    must(!one->id.empty());
    // The same incident in a list is the same incident.
    const auto list = read_incidents("[" + body + "]");
    must(list && list->size() == 1 && list->front().id == one->id && list->front().updates.size() == one->updates.size() && list->front().mark_op == one->mark_op);
  }
  if (const auto all = read_incidents(body))
    for (const auto& incident : *all) must(!incident.id.empty());
  // What is written comes back as it was sent: a look compares them.
  bot::PublicUpdate update;
  update.op = "op1";
  update.state = "identified";
  update.title = body.substr(0, body.size() / 2);
  update.body = body.substr(body.size() / 2);
  const bot::StatusPageSettings page;
  const json sent = json::parse(write_body(update, "INC-7", page, true)).at("incident");
  json shown = {{"id", "x"}, {"metadata", sent.at("metadata")}, {"incident_updates", {{{"status", sent.at("status")}, {"body", sent.at("body")}}}}};
  const auto back = read_incident(codec::dump(shown));
  must(back && back->mark_incident == "INC-7" && back->mark_op == "op1" && back->updates.size() == 1 && back->updates.front().body == sent_body(update));
}

void matrix_answers() {
  static const bot::MatrixSettings settings = [] {
    bot::MatrixSettings s;
    s.homeserver_url = "https://hs.example";
    s.access_token = bot::Secret(kToken);
    return s;
  }();
  Outside& out = outside();
  const auto& answer = out.client.answer;
  if (const auto problem = matrix::judge("the message", out.client.answer, out.env.clock.now())) {
    must(answer.status < 200 || answer.status >= 300);
    for_people(problem->words, answer.body);
    waits_with_an_end(problem->after);
    must(is_code(problem->code) && problem->status == answer.status);
    if (problem->outcome == matrix::Outcome::waits) must(problem->after.has_value());
    is_sound(matrix::send_result(*problem), answer.body);
  } else {
    must(answer.status >= 200 && answer.status < 300);
  }
  matrix::Api api(settings, out.client, out.env.clock, std::make_shared<matrix::Homeserver>());
  const matrix::Budget budget(out.env.clock, bot::Millis{9000}, bot::Millis{9000});
  std::string id;
  const auto sent = api.put_event("!r:hs", "m.room.message", "t1", json::object(), budget, id);
  must(sent.has_value() || !id.empty());
  if (sent) for_people(sent->words, answer.body);
  out.env.advance(2 * kHour);
  std::string room;
  const auto made = api.create_room(json::object(), budget, room);
  must(made.has_value() || !room.empty());
  json members;
  if (!api.joined_members("!r:hs", budget, members)) must(members.is_object());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const char whose = static_cast<char>(input.byte());
  http::Answer& answer = outside().client.answer;
  answer = {};
  answer.status = kStatuses[input.byte() % std::size(kStatuses)];
  answer.headers = {{"retry-after", input.piece()}};
  answer.body = input.rest();
  if (whose == 's') slack_answers();
  if (whose == 'h') webhook_answers();
  if (whose == 'p') statuspage_answers(answer.body);
  if (whose == 'm') matrix_answers();
  return 0;
}
