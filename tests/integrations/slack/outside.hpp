// A sender, a fake Slack and a clock that stands still, put together. Threads: one test thread.
#pragma once

#include <memory>

#include "integrations/slack/sender.hpp"
#include "tests/support/fake_env.hpp"
#include "tests/support/fake_slack.hpp"

namespace slack_tests {

struct Outside {
  support::FakeEnv env;
  support::FakeSlack vendor{&env.clock};
  bot::Settings settings;
  bot::People people;
  std::unique_ptr<http::Client> client = http::make_client();
  std::shared_ptr<slack::Workspace> workspace = std::make_shared<slack::Workspace>();
  std::unique_ptr<bot::Sender> sender;
  bot::Incident incident;
  std::vector<bot::Reference> references;

  Outside() {
    settings.slack.enabled = true;
    settings.slack.bot_token = bot::Secret(support::FakeSlack::kToken);
    settings.slack.signing_secret = bot::Secret(support::FakeSlack::kSigningSecret);
    settings.slack.api_url = vendor.url();
    settings.slack.announce_channel = support::FakeSlack::kAnnounce;
    settings.server.public_url = "https://muster.example.org/";
    settings.server.console_url = "https://muster.example.org";
    people.put({"alice", "Alice", false, {{"slack", "U01"}}, ""});
    people.put({"bob", "Bob", false, {{"slack", "U02"}}, ""});
    people.put({"carol", "Carol", false, {}, ""});
    incident.number = 7;
    incident.title = "checkout returns 500";
    incident.severity = "sev1";
    incident.status = "investigating";
    incident.declared_by = bot::Actor{bot::ActorKind::person, "alice", {}, false};
    incident.declared = env.clock.now();
    restart();
  }

  /// A process that begins again: everything it kept in memory is gone.
  void restart(bot::Millis each = bot::Millis{5000}) {
    workspace = std::make_shared<slack::Workspace>();
    sender = slack::make_sender(settings, *client, people, env.env(), workspace, {bot::Millis{14000}, each});
  }

  bot::Message message(bot::Content content) {
    bot::Message m;
    m.id = env.ids.next();
    m.incident = incident.number;
    m.integration = "slack";
    m.created = env.clock.now();
    m.deadline = m.created + bot::Millis{3600000};
    m.content = std::move(content);
    return m;
  }

  bot::SendResult send(const bot::Message& m, std::optional<bot::Time> first_attempt = {}) {
    auto result = sender->send(m, bot::SendContext{incident, references, first_attempt ? 2 : 1, first_attempt});
    if (const auto* accepted = std::get_if<bot::Accepted>(&result)) keep(*accepted);
    return result;
  }
  bot::SendResult send(bot::Content content) { return send(message(std::move(content))); }

  bot::FindResult find(const bot::Message& m) {
    auto result = sender->find(m, bot::SendContext{incident, references, 2, m.created});
    if (const auto* accepted = std::get_if<bot::Accepted>(&result)) keep(*accepted);
    return result;
  }

  void keep(const bot::Accepted& accepted) {
    for (const auto& reference : accepted.references) {
      std::erase_if(references, [&](const bot::Reference& r) { return r.what == reference.what; });
      references.push_back(reference);
    }
  }

  const std::string& reference(const std::string& what) const {
    static const std::string none;
    for (const auto& r : references)
      if (r.what == what) return r.id;
    return none;
  }

  /// Opens the room and posts the card, for tests of what comes after.
  void open_room() {
    send(bot::OpenRoom{"inc-7-checkout", "checkout returns 500", false});
    send(bot::PostSummary{});
    env.advance(bot::Millis{60000});  // the buckets are full again
  }
};

inline bot::Card card(const std::string& words) {
  bot::Card c;
  c.title = {bot::plain(words)};
  return c;
}

template <class T, class V>
const T* as(const V& result) { return std::get_if<T>(&result); }

}  // namespace slack_tests
