// Slack inside the server: the sender, the way in (HTTP or Socket Mode), and what reads up after a silence.
// Place: main_serve.cpp alone. Threads: as its parts say. What the constructor and listen() are given must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bot/coordinator.hpp"
#include "bot/lifecycle.hpp"
#include "bot/people.hpp"
#include "integrations/http/server.hpp"
#include "integrations/metrics/metrics.hpp"
#include "integrations/slack/catch_up.hpp"
#include "integrations/slack/names.hpp"
#include "integrations/slack/rotation.hpp"
#include "integrations/slack/socket_mode.hpp"

namespace bot {

class SlackPart {
 public:
  SlackPart(const Settings& settings, http::Client& client, Env env);
  std::unique_ptr<Sender> make_sender(const People& people);
  /// Once, before the server starts.
  void listen(Coordinator& coordinator, Reader& reader, People& people, http::Server& server, metrics::Metrics& metrics);
  /// What only a person can mend, in words; "" = nothing.
  std::string trouble() const { return workspace_->trouble(); }

  // Parts of the lifecycle, each at its own place there; one that the settings do not ask for is null.
  slack::Rotation* rotation() const { return rotation_.get(); }
  slack::Inbox& inbox() const { return *inbox_; }
  slack::CatchUp& catch_up() const { return *catch_up_; }
  slack::Names& names() const { return *names_; }
  slack::SocketMode* socket_mode() const { return socket_mode_.get(); }

 private:
  void measure(metrics::Metrics& metrics);
  const Settings& settings_;
  http::Client& client_;
  Env env_;
  std::shared_ptr<slack::Workspace> workspace_ = std::make_shared<slack::Workspace>();
  std::unique_ptr<slack::Rotation> rotation_;
  std::shared_ptr<slack::Inbox> inbox_;
  std::unique_ptr<slack::CatchUp> catch_up_;
  std::unique_ptr<slack::Names> names_;
  std::unique_ptr<slack::SocketMode> socket_mode_;
};

}  // namespace bot
