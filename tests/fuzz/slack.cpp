// What Slack posts, forms and JSON, rightly signed: any body is answered once, and what it asks for names its sender.
// The first byte chooses the route.
#include "integrations/codec/codec.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/slack/inbound.hpp"
#include "integrations/slack/inbox.hpp"
#include "tests/fuzz/fake_door.hpp"
#include "tests/support/fake_store.hpp"

namespace {

void look(const bot::Request& request) {
  if (request.caller.integration.empty()) std::abort();
}

struct NoForms : bot::FormSource {
  bot::Result<bot::Form> form(const bot::Request& request) override {
    look(request);
    return bot::fail(bot::ErrorKind::not_found, "no form");
  }
};

struct Stage {
  bot::Settings settings;
  bot::People people;
  std::unique_ptr<bot::Clock> clock = bot::system_clock();
  fuzz::Desk desk{look};
  fuzz::Nowhere client;
  fuzz::Door door;
  NoForms forms;
  support::FakeStore store;
  std::shared_ptr<slack::Inbox> inbox;
  Stage() {
    settings.slack.enabled = true;
    settings.slack.signing_secret = bot::Secret("fuzz-signing-secret");
    inbox = slack::make_inbox({desk, forms, store, settings, people, *clock, client, std::make_shared<slack::Workspace>()});
    slack::add_routes(door, inbox, settings, *clock, [] { std::abort(); });
  }
  ~Stage() { inbox->stop(); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Stage stage;
  if (size == 0) return 0;
  static const char* const routes[] = {"POST /slack/commands", "POST /slack/interactions", "POST /slack/events"};
  const char* const route = routes[data[0] % 3];
  http::Request request;
  request.method = "POST";
  request.path = std::string(route).substr(5);
  request.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string stamp = std::to_string(stage.clock->now().time_since_epoch() / std::chrono::seconds(1));
  request.headers = {{"content-type", data[0] % 3 == 2 ? "application/json" : "application/x-www-form-urlencoded"},
                     {"x-slack-request-timestamp", stamp},
                     {"x-slack-signature", "v0=" + http::hmac_sha256_hex(stage.settings.slack.signing_secret, "v0:" + stamp + ":" + request.body)}};
  const int status = stage.door.knock(route, std::move(request));
  if (status != 0 && status != 200 && status != 400 && status != 503) std::abort();
  return 0;
}
