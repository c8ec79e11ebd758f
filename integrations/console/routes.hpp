// The console: Muster's own chat in the browser, for when every other chat is down. Pages, sign-in, command line, live stream.
// Place: made by main.cpp before the server starts; registers its routes on it.
// Threads: handlers on the server's I/O threads; a loop of its own for the live stream.
// Lives: longer than the server and than the Intake's last answer; stop() before either goes.
#pragma once

#include "bot/lifecycle.hpp"
#include "integrations/console/command_line.hpp"
#include "integrations/console/forms.hpp"
#include "integrations/console/invite.hpp"
#include "integrations/console/live.hpp"
#include "integrations/console/shell.hpp"

namespace console {

struct ConsoleOptions {
  std::vector<VerbHint> verbs;           ///< for completion and hints
  std::function<std::vector<Notice>()> notices;  ///< what somebody must mend now; asked with every page and every round of the live stream
  LiveLimits live;
  bot::FormSource* forms = nullptr;      ///< what buttons that ask for more open; null: such a button says so
};

class Console {
 public:
  Console(http::Server& server, bot::Intake& intake, bot::Reader& reader, bot::Credentials& credentials, const bot::Settings& settings,
          bot::People& people, bot::Env env, ConsoleOptions options = {});
  ~Console();
  Console(const Console&) = delete;

  void start();  ///< the live stream's loop
  void stop();   ///< closes every stream and refuses new ones; idempotent. Call it before the server's stop, which waits for open answers
  void wake();   ///< something was committed; cheap enough for the writer's thread
  Live& live() { return live_; }

  /// A one-time link for `person`, for the terminal at start.
  bot::Result<std::string> first_link(const std::string& person, int minutes = 10);
  /// Somebody's sign-ins were ended elsewhere: their open pages hear it now.
  void signed_out(const std::string& person);

 private:
  using Answer = std::shared_ptr<http::Exchange>;
  void routes(http::Server& server);
  // sign_in.cpp
  void show_link(const http::Request& request, const Answer& exchange);
  void redeem_link(const http::Request& request, const Answer& exchange);
  void sign_out(const http::Request& request, const Answer& exchange);
  void sign_out_everywhere(const http::Request& request, const Visitor& visitor, const Answer& exchange);
  bot::Result<std::optional<std::string>> guest_of(const std::string& token);
  // pages.cpp
  void home(const http::Request& request, const Answer& exchange);
  void incident(const http::Request& request, const Answer& exchange);
  void everything(const http::Request& request, const Answer& exchange);
  void events(const http::Request& request, const Answer& exchange);
  void words(const http::Request& request, const Answer& exchange);
  void command(const http::Request& request, const Answer& exchange);
  void show_form(const http::Request& request, const Answer& exchange);
  void take_form(const http::Request& request, const Answer& exchange);
  /// The visitor, or an answer already given: how to get in, or why sign-ins cannot be read.
  std::optional<Visitor> let_in(const http::Request& request, const Answer& exchange, int signed_out_status);
  /// Session, origin and form token of a POST. `form` is filled.
  std::optional<Visitor> let_post(const http::Request& request, const Answer& exchange, http::Headers& form);

  bot::Credentials& credentials_;
  const bot::Settings& settings_;
  bot::Env env_;
  const ConsoleOptions options_;
  Assets assets_;
  Shell shell_;
  Door door_;
  Desk desk_;
  Replies replies_;
  CommandLine command_line_;
  Forms forms_;
  Live live_;
  bot::Loop loop_;
};

}  // namespace console
