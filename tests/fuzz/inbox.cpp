// Slack's payloads after the signature check: any form or JSON is answered at most once, and no request has an author who is nobody.
// The first byte says which: c a slash command's form, i an interaction, e an event, m message markup.
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "integrations/codec/codec.hpp"
#include "integrations/http/server.hpp"
#include "integrations/slack/form_view.hpp"
#include "integrations/slack/inbox.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "tests/integrations/slack/inside.hpp"

namespace {

class NobodyThere : public http::Client {
 public:
  http::CallResult call(const http::Call&) override { return http::CallFailure{false, "nobody is there"}; }
};

class Checked : public bot::Intake {
 public:
  void submit(bot::Request request, bot::Completion done) override {
    if (request.caller.kind == bot::ActorKind::person && request.caller.external_id.empty()) std::abort();
    bot::Reply reply;
    reply.card.title = {bot::plain("Recorded.")};
    reply.status = request.body.index() % 2 == 0 ? bot::ReplyStatus::ok : bot::ReplyStatus::invalid;
    done(reply);
  }
};

/// One inbox for all inputs: it owns threads.
struct World {
  Checked intake;
  slack_tests::FakeForms forms;
  slack_tests::FakeReader reader;
  bot::Settings settings;
  bot::People people;
  std::unique_ptr<bot::Clock> clock = bot::system_clock();
  NobodyThere client;
  std::shared_ptr<slack::Inbox> inbox;
  World() {
    people.put({"alice", "Alice", false, {{"slack", "U01"}}, ""});
    reader.put(slack_tests::incident(7, "checkout"), "C7");
    inbox = slack::make_inbox({intake, forms, reader, settings, people, *clock, client, std::make_shared<slack::Workspace>()});
  }
};

slack::Answer once() {
  auto times = std::make_shared<std::atomic<int>>(0);
  return [times](const std::string&) {
    if (++*times > 1) std::abort();
  };
}

World& world() {
  static World all;
  return all;
}

}  // namespace

extern "C" void end_fuzzing() { world().inbox->stop(); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'm') {
    (void)slack::cut(slack::escape(slack::neutral_text(text)), 20);
    (void)slack::decode_ticket(text);
    return 0;
  }
  if (data[0] == 'c') {
    http::Headers form;
    if (!http::parse_form(text, form)) return 0;
    std::map<std::string, std::string> fields;
    for (const auto& [name, value] : form) fields.emplace(name, value);
    world().inbox->command(fields, once());
    return 0;
  }
  const auto payload = codec::parse(text);
  if (!payload) return 0;
  if (data[0] == 'i') world().inbox->interaction(*payload, once());
  if (data[0] == 'e') world().inbox->event(*payload, once());
  return 0;
}
