#include "bot/main_slack.hpp"

#include "integrations/http/websocket.hpp"
#include "integrations/slack/identity_memory.hpp"
#include "integrations/slack/inbound.hpp"
#include "integrations/slack/sender.hpp"

namespace bot {

SlackPart::SlackPart(const Settings& settings, http::Client& client, Env env) : settings_(settings), client_(client), env_(env) {}

std::unique_ptr<Sender> SlackPart::make_sender(const People& people) { return slack::make_sender(settings_, client_, people, env_, workspace_); }

void SlackPart::listen(Coordinator& coordinator, Reader& reader, People& people, http::Server& server, metrics::Metrics& metrics) {
  if (const auto before = slack::kept_identity(reader)) workspace_->believe(*before);
  if (settings_.slack.rotates()) rotation_ = std::make_unique<slack::Rotation>(settings_.slack, client_, coordinator, reader, env_.clock, workspace_);
  inbox_ = slack::make_inbox({coordinator, coordinator, reader, settings_, people, env_.clock, client_, workspace_});
  if (settings_.slack.is_socket()) {
    const auto open = [](std::string url, http::SocketEvents events) { return http::open_websocket(std::move(url), std::move(events)); };
    socket_mode_ = std::make_unique<slack::SocketMode>(settings_.slack, client_, env_, workspace_, inbox_, open);
  } else {
    slack::add_routes(server, inbox_, settings_, env_.clock, [&metrics] { metrics.count_signature_failure("slack"); });
  }
  catch_up_ = std::make_unique<slack::CatchUp>(settings_.slack, client_, coordinator, reader, env_.clock, workspace_, inbox_);
  names_ = std::make_unique<slack::Names>(settings_.slack, client_, people, env_.clock, workspace_);
  measure(metrics);
}

void SlackPart::measure(metrics::Metrics& metrics) {
  metrics.gauge("muster_slack_ok", "0 while only a person can help Slack along: a token it does not accept, Socket Mode switched off. What is owed waits; nothing is given up.",
                [this] { return trouble().empty() ? 1.0 : 0.0; });
  if (!socket_mode_) return;
  metrics.gauge("muster_slack_sockets", "Websockets to Slack that said hello; below 2 for long, commands get lost.", [this] { return static_cast<double>(socket_mode_->ready()); });
  metrics.counter("muster_slack_envelopes_total", "What came over Slack's sockets, by result.", [this] {
    const auto& c = socket_mode_->counts();
    const auto of = [](const char* result, const std::atomic<std::uint64_t>& n) { return metrics::Sample{{{"result", result}}, static_cast<double>(n.load())}; };
    return std::vector<metrics::Sample>{of("acknowledged", c.acknowledged), of("unacknowledged", c.unacknowledged), of("garbage", c.garbage)};
  });
}

}  // namespace bot
