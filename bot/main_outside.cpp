#include "bot/main_outside.hpp"

#include "integrations/paging/webhook_sender.hpp"
#include "integrations/slack/hook_sender.hpp"
#include "integrations/statuspage/atlassian/sender.hpp"

namespace bot {
namespace {

constexpr int kPublications = 500;  ///< as many as the built-in page shows

}  // namespace

Outside::Outside(const Settings& settings, Reader& reader, const People& people, Env env) : client(http::make_guarded_client()), pages(settings, reader, env) {
  if (settings.slack.enabled) {
    slack = std::make_unique<SlackPart>(settings, *client, env);
    senders.push_back(slack->make_sender(people));
  }
  for (const auto& hook : settings.announcements) senders.push_back(slack::make_hook_sender(hook, settings, *client, people, env.clock));
  if (settings.matrix.enabled) {
    matrix = std::make_unique<MatrixPart>(settings, *client, env);
    senders.push_back(matrix->make_sender(settings, people, env));
  }
  senders.push_back(paging::make_webhook_sender(*client, settings, people, env.clock));
  for (const auto& page : settings.status_pages)
    if (page.kind != "builtin") senders.push_back(statuspage::atlassian::make_sender(page, *client, env, [&reader] { return reader.public_updates(kPublications); }));
}

std::vector<Sender*> Outside::all() const {
  std::vector<Sender*> out;
  for (const auto& s : senders) out.push_back(s.get());
  for (Sender* p : pages.all()) out.push_back(p);
  return out;
}

std::map<std::string, int> Outside::threads() const {
  std::map<std::string, int> out;
  for (const Sender* s : all()) out[s->integration()] = s->parallel();
  return out;
}

}  // namespace bot
