// Muster's own status page: drawn from public updates alone, served from memory on a listener of its own.
// Place: made by main for each `status_pages` entry of kind "builtin"; a Sender, so that "shown" is recorded as for any other page.
// Threads: everything may be called from any thread. Owns its HTTP server (own thread and connection budget, so that a crowd here never
// slows a page) and a loop that redraws as time goes on. `reader` and `env` must outlive it.
// Errors: a failed read keeps the last drawn page, which itself warns its readers when it grows old; trouble() and on_trouble tell those who can mend it.
#pragma once

#include <atomic>
#include <memory>

#include "bot/lifecycle.hpp"
#include "bot/mutex.hpp"
#include "bot/sender.hpp"
#include "bot/settings.hpp"
#include "bot/store.hpp"
#include "integrations/http/server.hpp"
#include "integrations/statuspage/builtin/page.hpp"
#include "integrations/statuspage/builtin/site.hpp"

namespace statuspage::builtin {

class BuiltinPage : public bot::Sender {
 public:
  /// `server`: what the page's own listener shall have (TLS, observe …); its listen address comes from the settings.
  BuiltinPage(bot::StatusPageSettings settings, bot::Reader& reader, bot::Env env, http::ServerOptions server = default_server());
  ~BuiltinPage() override;
  /// One thread, no bodies, 2,048 connections.
  static http::ServerOptions default_server();

  bot::Status start();
  void stop();
  int port() const { return port_; }

  /// Something public may have changed (a redaction, say). Never blocks; drawn within a second.
  void refresh();
  /// Draws now. `unavailable`: the updates could not be read and the last page stands.
  bot::Status render();

  const std::string& integration() const override { return integration_; }
  bot::RepeatPolicy repeat_policy(const bot::Content&) const override { return bot::RepeatPolicy::free; }
  bot::SendResult send(const bot::Message& message, const bot::SendContext& context) override;
  bot::FindResult find(const bot::Message& message, const bot::SendContext& context) override;

  /// Why the page no longer follows what is published, in words; "" = it does.
  std::string trouble() const;
  /// Told once when that begins, and once with "" when it is over; set before start().
  std::function<void(const std::string& trouble)> on_trouble;
  /// Keeps when the page was first there, so that its dates survive a restart; asked once per database. Set before start().
  std::function<void(const bot::AdapterState&)> remember;

 private:
  bot::Millis step();
  bot::Status recall();
  bot::Status draw(bool even_if_same);
  void set_trouble(std::string words);
  std::string url() const;
  std::optional<bot::Accepted> shown(const std::string& op, std::int64_t incident) const;
  std::shared_ptr<const Site> site() const;

  const bot::StatusPageSettings settings_;
  bot::Reader& reader_;
  bot::Env env_;
  const std::string integration_;
  std::atomic<int> port_{0};

  mutable bot::Mutex draw_mutex_;  ///< one drawing at a time; readers of the page never wait for it
  std::shared_ptr<const Page> page_ GUARDED_BY(draw_mutex_);
  bot::Time known_since_ GUARDED_BY(draw_mutex_);
  mutable bot::Mutex site_mutex_;  ///< held for the copy of a pointer
  std::shared_ptr<const Site> site_ GUARDED_BY(site_mutex_);
  mutable bot::Mutex trouble_mutex_;
  std::string trouble_ GUARDED_BY(trouble_mutex_);

  std::atomic<bool> asked_{false};
  std::optional<bot::Millis> last_draw_;  ///< the loop's alone
  std::unique_ptr<http::Server> server_;
  bot::Loop loop_;
};

}  // namespace statuspage::builtin
