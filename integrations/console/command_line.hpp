// POST /console/commands: a form or the script's fetch becomes a Request, the Reply becomes a page or JSON.
// Place: routes.cpp checks session, origin and form token first.
// Threads: I/O threads; answers arrive on the Coordinator's. Must outlive the Intake's last answer.
#pragma once

#include "bot/request.hpp"
#include "integrations/console/desk.hpp"
#include "integrations/console/replies.hpp"

namespace console {

/// What is sent to the parser: without the chat's prefix ("/incident", "!incident"), with the page's incident in front unless the text
/// names one itself or needs none (declare, list, help).
std::string completed(const std::string& typed, std::int64_t incident);

class CommandLine {
 public:
  CommandLine(bot::Intake& intake, Desk& desk, Replies& replies) : intake_(intake), desk_(desk), replies_(replies) {}
  /// REQUIRES: the session, the origin and the form token are checked.
  void take(const http::Request& request, const http::Headers& form, const Visitor& visitor, std::shared_ptr<http::Exchange> exchange);

 private:
  struct Sent {
    Visitor visitor;
    std::string typed, key, back;
    std::int64_t incident = 0;
    bool json = false, query = false, declares = false;
  };
  http::Response as_json(const Sent& sent, const bot::Reply& reply);
  http::Response as_redirect(const Sent& sent, const bot::Reply& reply);
  bool is_query(const std::string& text) const;
  bot::Intake& intake_;
  Desk& desk_;
  Replies& replies_;
};

}  // namespace console
