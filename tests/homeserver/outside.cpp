#include "tests/homeserver/outside.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/muster_process.hpp"

namespace homeserver_tests {

support::RealHomeserver& shared() {
  static const auto real = [] {
    auto hs = std::make_unique<support::RealHomeserver>();
    if (!hs->start()) FAIL("the homeserver did not start:\n" << hs->log());
    return hs;
  }();
  return *real;
}

Outside::Outside(support::RealHomeserver& real, const std::string& url) : hs(real) {
  static int count = 0;
  const std::string n = std::to_string(++count);
  bot = hs.add("muster" + n);
  alice = hs.add("alice" + n);
  bob = hs.add("bob" + n);
  settings.matrix.enabled = true;
  settings.matrix.homeserver_url = url.empty() ? hs.url() : url;
  settings.matrix.user_id = bot.user_id;
  settings.matrix.access_token = bot::Secret(bot.token);
  settings.server.public_url = "https://muster.example.org/";
  settings.server.console_url = "https://muster.example.org";
  people.put({"alice", "Alice", false, {{"matrix", alice.user_id}}, ""});
  people.put({"bob", "Bob", false, {{"matrix", bob.user_id}}, ""});
  people.put({"carol", "Carol", false, {}, ""});
  people.put({"nobody", "Nobody", false, {{"matrix", std::string("@nobody:") + support::RealHomeserver::kServerName}}, ""});
  people.put({"far", "Far Away", false, {{"matrix", "@far:elsewhere.test"}}, ""});
  incident.number = 7;
  incident.title = "checkout returns 500";
  incident.severity = "sev1";
  incident.status = "investigating";
  incident.declared_by = bot::Actor{bot::ActorKind::person, "alice", {}, false};
  incident.declared = clock->now();
  restart();
}

void Outside::restart(bot::Millis each) {
  homeserver = std::make_shared<matrix::Homeserver>();
  api = std::make_shared<matrix::Api>(settings.matrix, *client, *clock, homeserver);
  sender.reset();
  chores = std::make_unique<matrix::Chores>(*clock);
  sender = matrix::make_sender(settings, api, people, bot::Env{*clock, *ids, *random}, {bot::Millis{14000}, each}, chores.get());
}

bool Outside::do_chores() {
  return support::wait_for([this] {
    chores->work();
    return chores->waiting() == 0;
  });
}

bot::Message Outside::message(bot::Content content) {
  bot::Message m;
  m.id = ids->next();
  m.incident = incident.number;
  m.integration = "matrix";
  m.created = clock->now();
  m.deadline = m.created + bot::Millis{3600000};
  m.content = std::move(content);
  return m;
}

bot::SendResult Outside::send(const bot::Message& m, bool repeated) {
  auto result = sender->send(m, bot::SendContext{incident, references, repeated ? 2 : 1, repeated ? std::optional<bot::Time>(m.created) : std::nullopt});
  if (const auto* accepted = std::get_if<bot::Accepted>(&result)) keep(*accepted);
  return result;
}

bot::FindResult Outside::find(const bot::Message& m) {
  auto result = sender->find(m, bot::SendContext{incident, references, 2, m.created});
  if (const auto* accepted = std::get_if<bot::Accepted>(&result)) keep(*accepted);
  return result;
}

void Outside::keep(const bot::Accepted& accepted) {
  for (const auto& reference : accepted.references) {
    std::erase_if(references, [&](const bot::Reference& r) { return r.what == reference.what; });
    references.push_back(reference);
  }
}

const std::string& Outside::reference(const std::string& what) const {
  static const std::string none;
  for (const auto& r : references)
    if (r.what == what) return r.id;
  return none;
}

int Outside::times(const std::string& op, const std::string& in) {
  int n = 0;
  for (const auto& event : hs.history(in.empty() ? room() : in, bot)) n += event["content"].value(matrix::kOp, "") == op;
  return n;
}

bool answer_lost(Outside& o, support::FaultProxy& proxy, const bot::Message& message) {
  support::Fault fault;
  fault.kind = support::Fault::Kind::close_after;
  fault.works = true;
  fault.times = 1;
  proxy.fault(fault);
  // A new fault closes the connections that are open; an attempt on one of those never arrives.
  return support::wait_for([&] { return as<bot::Doubtful>(o.send(message)) != nullptr && proxy.met() > 0; });
}

std::string told(const bot::SendResult& result) {
  if (as<bot::Accepted>(result)) return "accepted";
  if (const auto* no = as<bot::NotSent>(result)) return "not sent: " + no->reason;
  if (const auto* unsure = as<bot::Doubtful>(result)) return "doubtful: " + unsure->reason;
  return "refused: " + as<bot::Refused>(result)->reason;
}

}  // namespace homeserver_tests
