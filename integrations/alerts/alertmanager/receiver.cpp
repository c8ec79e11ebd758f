#include "integrations/alerts/alertmanager/receiver.hpp"

#include "integrations/alerts/alertmanager/submission.hpp"
#include "integrations/http/signature.hpp"

namespace alertmanager {
namespace {

constexpr std::size_t kMaxBody = 4u << 20;

struct Source {
  std::string key_hash;  ///< hashes have one length, so that the comparison tells nothing about the key's
  const bot::AlertSource& settings;
};

const bot::AlertSource* source_with(const std::vector<Source>& sources, const std::string& key) {
  const std::string hash = http::sha256_hex(key);
  const bot::AlertSource* found = nullptr;
  for (const auto& source : sources)  // all of them, whatever matched
    if (http::same(source.key_hash, hash)) found = &source.settings;
  return found;
}

}  // namespace

void add_routes(http::Server& server, bot::Intake& intake, const bot::Settings& settings, bot::Clock& clock) {
  std::vector<Source> sources;
  for (const auto& source : settings.alerts)
    if (source.kind == "alertmanager") sources.push_back({http::sha256_hex(source.key.reveal()), source});
  if (sources.empty()) return;
  const auto handle = [sources = std::move(sources), &intake, &settings, &clock](const http::Request& request, std::shared_ptr<http::Exchange> exchange) {
    const auto* source = source_with(sources, request.segments.at(0));
    if (source == nullptr)
      return exchange->respond(http::Response::problem(401, "Nothing recorded: the key in the address is not one of an alertmanager source in the settings."));
    // Before the body is read: in a flood most are refused, and reading them would take the time from those that are recorded.
    if (intake.turns_away(bot::RequestClass::alert))
      return exchange->respond(http::Response::problem(503, "Nothing recorded: too much is waiting right now. Send the same again.", bot::Millis{1000}));
    auto notification = parse_notification(request.body, *source, settings.incidents);
    if (notification.refused != 0) return exchange->respond(http::Response::problem(notification.refused, notification.problem));
    bot::Caller caller;
    caller.kind = bot::ActorKind::monitor;
    caller.integration = "alertmanager";
    caller.external_id = source->name;
    caller.display_name = source->name;
    std::make_shared<Submission>(intake, std::move(caller), std::move(notification), clock.now(),
                                 [exchange](http::Response response) { exchange->respond(std::move(response)); })
        ->begin();
  };
  server.route("POST", "/hooks/alertmanager/{}", handle, kMaxBody);
}

}  // namespace alertmanager
