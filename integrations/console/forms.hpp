// GET and POST /console/forms: what a button asks for more words opens, as a page or as the inside of a dialog, and its submission.
// Place: routes.cpp checks session, origin and form token first. A refused submission comes back filled in, its fault beside the field.
// Threads: I/O threads; answers arrive on the Coordinator's. Must outlive the Intake's last answer.
#pragma once

#include "bot/request.hpp"
#include "integrations/console/desk.hpp"
#include "integrations/console/form_html.hpp"
#include "integrations/console/replies.hpp"
#include "integrations/console/shell.hpp"

namespace console {

class Forms {
 public:
  Forms(bot::Intake& intake, bot::FormSource* source, Desk& desk, Replies& replies, const Shell& shell)
      : intake_(intake), source_(source), desk_(desk), replies_(replies), shell_(shell) {}
  /// ?text=VERB…&incident=N&back=PATH
  void show(const http::Request& request, const http::Headers& query, const Visitor& visitor, std::shared_ptr<http::Exchange> exchange);
  /// REQUIRES: the session, the origin and the form token are checked.
  void take(const http::Request& request, const http::Headers& posted, const Visitor& visitor, std::shared_ptr<http::Exchange> exchange);

 private:
  struct Sent {
    Visitor visitor;
    std::optional<bot::Form> form;  ///< as it was when it was sent, to draw it again
    FormDrawing drawing;
    std::int64_t incident = 0;
    bool json = false;
  };
  bot::Result<bot::Form> form_for(const Visitor& visitor, bot::RequestBody body);
  http::Response drawn(int status, const Sent& sent) const;
  http::Response answer(const Sent& sent, const bot::Reply& reply);
  http::Response recorded(const Sent& sent, const bot::Reply& reply);
  bot::Intake& intake_;
  bot::FormSource* source_;
  Desk& desk_;
  Replies& replies_;
  const Shell& shell_;
};

}  // namespace console
