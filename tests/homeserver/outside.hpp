// The sender before a real homeserver, with the accounts it needs. One homeserver serves the whole test program. Threads: one test thread.
#pragma once

#include <memory>
#include <variant>

#include "integrations/matrix/sender.hpp"
#include "tests/homeserver/homeserver.hpp"
#include "tests/support/fault_proxy.hpp"

namespace homeserver_tests {

using nlohmann::json;

/// The homeserver without limits that most tests share; started with the first, stopped with the program.
support::RealHomeserver& shared();

struct Outside {
  support::RealHomeserver& hs;
  support::Account bot, alice, bob;
  std::unique_ptr<bot::Clock> clock = bot::system_clock();
  std::unique_ptr<bot::Random> random = bot::system_random();
  std::unique_ptr<bot::IdSource> ids = bot::system_ids(*clock, *random);
  bot::Settings settings;
  bot::People people;
  std::unique_ptr<http::Client> client = http::make_client();
  std::shared_ptr<matrix::Homeserver> homeserver;
  std::shared_ptr<matrix::Api> api;
  std::unique_ptr<matrix::Chores> chores;
  std::unique_ptr<bot::Sender> sender;
  bot::Incident incident;
  std::vector<bot::Reference> references;

  /// `url`: of something before the homeserver.
  explicit Outside(support::RealHomeserver& real, const std::string& url = "");
  /// A process that begins again: everything it kept in memory is gone.
  void restart(bot::Millis each = bot::Millis{8000});
  bot::Message message(bot::Content content);
  bot::SendResult send(const bot::Message& m, bool repeated = false);
  bot::SendResult send(bot::Content content) { return send(message(std::move(content))); }
  bot::FindResult find(const bot::Message& m);
  /// Carries out what follows messages; false when something of it is left after a while.
  bool do_chores();
  const std::string& reference(const std::string& what) const;
  std::string room() const { return reference("room"); }
  json state(const std::string& type, const std::string& key = "") { return hs.state(room(), type, bot, key).body; }
  /// Messages of the room with this mark.
  int times(const std::string& op, const std::string& in = "");
  bot::OpenRoom opening() const { return {"inc-7-" + bot.device_id, "checkout returns 500", false}; }

 private:
  void keep(const bot::Accepted& accepted);
};

inline bot::Card card(const std::string& words) {
  bot::Card c;
  c.title = {bot::plain(words)};
  return c;
}

template <class T, class V>
const T* as(const V& result) { return std::get_if<T>(&result); }

/// Sends it so that the homeserver carries it out and its answer is lost. `o` speaks to the homeserver through `proxy`.
bool answer_lost(Outside& o, support::FaultProxy& proxy, const bot::Message& message);
/// The words of a result, for INFO.
std::string told(const bot::SendResult& result);

}  // namespace homeserver_tests
