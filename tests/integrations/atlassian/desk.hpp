// A relay at work: the sender over real sockets against the fake vendor, driven by the real delivery rules on a hand-held clock.
#pragma once

#include <catch2/catch.hpp>

#include "bot/delivery.hpp"
#include "integrations/statuspage/atlassian/sender.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_statuspage.hpp"

namespace atlassian_tests {

using bot::Millis;
using support::StatuspageFault;

/// The real client with its deadlines cut short, so that a vendor who hangs costs a test 300 ms.
class HurriedClient : public http::Client {
 public:
  http::CallResult call(const http::Call& call) override {
    http::Call hurried = call;
    hurried.deadline = std::min(hurried.deadline, Millis{300});
    return client_->call(hurried);
  }

 private:
  std::unique_ptr<http::Client> client_ = http::make_client();
};

struct Desk {
  support::FakeEnv env;
  support::FakeStatuspage vendor;
  HurriedClient client;
  bot::StatusPageSettings settings;
  std::unique_ptr<bot::Sender> sender;
  bot::Incident incident;
  std::vector<bot::Reference> references;
  std::string link;
  std::vector<std::string> problems;  ///< every sentence a person might have read
  std::vector<bot::Entry> record;     ///< public updates of all incidents, as the store has them
  bool store_down = false;

  Desk() : vendor({"abc", "statuspage-test-key", {"8kbf7d35c070", "vtnh60py4yd7"}, &env.clock}) {
    settings.kind = "statuspage";
    settings.name = "vendor";
    settings.page_id = "abc";
    settings.api_key = bot::Secret("statuspage-test-key");
    settings.component_ids = {{"api", "8kbf7d35c070"}, {"web", "vtnh60py4yd7"}};
    incident.number = 7;
    incident.declared = env.clock.now() - Millis{60000};
    restart();
  }

  void restart() {
    settings.api_url = vendor.url();
    sender = statuspage::atlassian::make_sender(settings, client, env.env(), [this]() -> bot::Result<std::vector<bot::Entry>> {
      if (store_down) return bot::fail(bot::ErrorKind::unavailable, "the disk is full");
      return record;
    });
  }

  bot::QueuedMessage queue(const std::string& op, const std::string& state, const std::string& body, bool first = false,
                           std::map<std::string, std::string> components = {}) {
    bot::QueuedMessage m;
    m.message.id = "m-" + op;
    m.message.incident = 7;
    m.message.integration = sender->integration();
    m.message.content = bot::PublicUpdate{op, state, "Problems with API", body, std::move(components), "major", first, env.clock.now()};
    m.message.created = env.clock.now();
    m.message.deadline = env.clock.now() + std::chrono::hours{24};
    m.state = bot::MessageState::queued;
    m.next_at = env.clock.now();
    if (first) incident.publication.first_at = env.clock.now();
    return m;
  }

  /// What is committed before a message is made: the update of any incident, on the record.
  void publish(std::int64_t number, const std::string& state, const std::map<std::string, std::string>& components, const std::string& pages = "public,vendor") {
    bot::Entry e;
    e.incident = number;
    e.kind = bot::EntryKind::public_update;
    e.facts = {{"op", "op"}, {"state", state}, {"title", "T"}, {"pages", pages}};
    for (const auto& [id, now] : components) e.facts.emplace_back("component:" + id, now);
    e.text = "x";
    record.push_back(e);
  }

  /// One attempt or look, as the dispatcher makes it, when the message is due.
  void step(bot::QueuedMessage& m) {
    if (m.next_at > env.clock.now()) env.clock.advance(m.next_at - env.clock.now());
    m.in_doubt = m.state == bot::MessageState::unknown;
    const bool maybe_there = m.attempts > 0 || m.in_doubt;
    const bot::SendContext context{incident, references, m.attempts + 1, maybe_there ? std::optional(m.message.created) : std::nullopt};
    const auto policy = sender->repeat_policy(m.message.content);
    if (bot::must_look(m, policy)) {
      const auto found = sender->find(m.message, context);
      if (const auto* yes = std::get_if<bot::Accepted>(&found)) take(*yes);
      m = bot::after_find(m, found, policy, env.clock.now(), 0);
    } else {
      const auto sent = sender->send(m.message, context);
      if (const auto* yes = std::get_if<bot::Accepted>(&sent)) take(*yes);
      if (const auto* no = std::get_if<bot::Refused>(&sent)) remember(no->references);
      m = bot::after_send(m, sent, policy, env.clock.now(), 0);
    }
    if (!m.problem.empty()) problems.push_back(m.problem);
  }

  /// Until nothing more happens by itself, at most `steps` times.
  bot::MessageState deliver(bot::QueuedMessage& m, int steps = 20) {
    for (int i = 0; i < steps && (m.state == bot::MessageState::queued || m.state == bot::MessageState::unknown); ++i) step(m);
    return m.state;
  }

  bot::MessageState create(const std::string& op = "op1") {
    auto m = queue(op, "investigating", "We are looking into it.", true, {{"api", "major_outage"}});
    return deliver(m);
  }

  std::string remote() const {
    for (const auto& r : references)
      if (r.what == "public") return r.id;
    return {};
  }

  int writes() const {
    int n = 0;
    for (const auto& c : vendor.calls()) n += c.method != "GET";
    return n;
  }

 private:
  void take(const bot::Accepted& yes) {
    remember(yes.references);
    link = yes.link;
  }
  void remember(const std::vector<bot::Reference>& learned) {
    for (const auto& r : learned) {
      std::erase_if(references, [&](const bot::Reference& old) { return old.what == r.what; });
      references.push_back(r);
    }
  }
};

}  // namespace atlassian_tests
