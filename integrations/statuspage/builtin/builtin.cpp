#include "integrations/statuspage/builtin/builtin.hpp"

#include <algorithm>

#include "integrations/text/address.hpp"

namespace statuspage::builtin {
namespace {

using bot::Millis;

constexpr int kIncidents = 500;           ///< of those with public updates; older ones leave the page
constexpr Millis kLook{15000};            ///< how often the updates are read again without being asked
constexpr Millis kShortestPause{1000};    ///< between two drawings the loop makes
constexpr Millis kDrawnAtLeast{60000};    ///< "made at" moves on even when nothing changes

void answer_options(const http::Request&, std::shared_ptr<http::Exchange> exchange) {
  exchange->respond({204,
                     {{"Access-Control-Allow-Origin", "*"},
                      {"Access-Control-Allow-Methods", "GET, HEAD"},
                      {"Access-Control-Allow-Headers", "*"},
                      {"Access-Control-Max-Age", "86400"}},
                     {}});
}

}  // namespace

http::ServerOptions BuiltinPage::default_server() {
  http::ServerOptions options;
  options.threads = 1;
  options.connection_limit = 2048;
  options.header_limit = 8u << 10;
  options.body_limit = 1024;
  return options;
}

BuiltinPage::BuiltinPage(bot::StatusPageSettings settings, bot::Reader& reader, bot::Env env, http::ServerOptions server)
    : settings_(std::move(settings)),
      reader_(reader),
      env_(env),
      integration_("statuspage:" + settings_.name),
      known_since_(env_.clock.now()),
      loop_("status page", [this] { return step(); }) {
  server.listen = settings_.listen;
  server_ = http::make_server(std::move(server));
  const auto serve = [this](const http::Request& request, std::shared_ptr<http::Exchange> exchange) {
    const auto now = site();
    exchange->respond(answer(*now, request));
  };
  for (const char* pattern : {"/", "/*"}) {
    server_->route("GET", pattern, serve);
    server_->route("OPTIONS", pattern, answer_options);
  }
}

BuiltinPage::~BuiltinPage() { stop(); }

/// When the page was first there: from the store; the first time, as old as the oldest thing Muster knows.
bot::Status BuiltinPage::recall() {
  const std::string key = integration_ + "/known_since";
  auto kept = reader_.adapter_state(key);
  if (!kept) return kept.error();
  bot::Time since = env_.clock.now();
  if (!*kept || !bot::parse_iso8601(**kept, since)) {
    const auto first = reader_.incident(1);
    if (!first) return first.error();
    if (*first) since = std::min(since, (*first)->declared);
    if (remember) remember({key, bot::iso8601(since)});
  }
  const bot::Lock lock(draw_mutex_);
  known_since_ = since;
  return bot::Done{};
}

bot::Status BuiltinPage::start() {
  if (auto recalled = recall(); !recalled.ok()) return recalled;
  // The first drawing comes before the first visitor; an unreadable store is not hidden behind a green page.
  if (auto drawn = draw(true); !drawn.ok()) return drawn;
  if (auto started = server_->start(); !started.ok()) return started;
  port_ = server_->port();
  if (settings_.url.empty())
    if (auto drawn = draw(true); !drawn.ok()) return drawn;  // links name the port that was picked
  loop_.start();
  return bot::Done{};
}

void BuiltinPage::stop() {
  loop_.stop();
  server_->stop();
}

void BuiltinPage::refresh() {
  if (!asked_.exchange(true)) loop_.wake();
}

bot::Status BuiltinPage::render() { return draw(true); }

Millis BuiltinPage::step() {
  const Millis now = env_.clock.monotonic();
  // Commits come by the thousand: asked again at once, the loop waits out its pause and then draws for all of them.
  if (last_draw_ && now - *last_draw_ < kShortestPause) return kShortestPause - (now - *last_draw_);
  last_draw_ = now;
  asked_ = false;
  (void)draw(false);  // told through on_trouble
  return kLook;
}

std::string BuiltinPage::url() const {
  std::string url = settings_.url;
  if (url.empty()) {
    const auto colon = settings_.listen.rfind(':');
    url = "http://" + settings_.listen.substr(0, colon) + ":" + (port_ ? std::to_string(port_) : settings_.listen.substr(colon + 1));
  }
  return text::without_slash(std::move(url));
}

std::string BuiltinPage::trouble() const {
  const bot::Lock lock(trouble_mutex_);
  return trouble_;
}

/// Words that change while it lasts are no second beginning.
void BuiltinPage::set_trouble(std::string words) {
  bool turned = false;
  {
    const bot::Lock lock(trouble_mutex_);
    turned = trouble_.empty() != words.empty();
    trouble_ = words;
  }
  if (turned && on_trouble) on_trouble(words);
}

bot::Status BuiltinPage::draw(bool even_if_same) {
  const bot::Lock lock(draw_mutex_);
  auto entries = reader_.public_updates(kIncidents);
  if (!entries.ok()) {
    const std::string shown = page_ ? " Customers see it as it was at " + bot::clock_text(page_->generated) + " UTC." : "";
    set_trouble("The status page \"" + settings_.name + "\" no longer follows what is published, since its updates cannot be read." + shown + " " + entries.error().message);
    return entries.error();
  }
  set_trouble("");
  auto page = std::make_shared<Page>();
  page->id = public_id("page:" + settings_.name);
  page->title = settings_.title;
  page->url = url();
  page->components = settings_.components;
  page->incidents = public_incidents(entries.value(), settings_.name, settings_.components);
  page->known_since = known_since_;
  page->generated = env_.clock.now();
  if (!even_if_same && page_ && page_->incidents == page->incidents && page->generated - page_->generated < kDrawnAtLeast &&
      page->generated >= page_->generated)
    return bot::Done{};
  const auto before = site();
  auto fresh = std::make_shared<const Site>(build_site(*page, page_.get(), before.get()));
  page_ = std::move(page);
  const bot::Lock swap(site_mutex_);
  site_ = std::move(fresh);
  return bot::Done{};
}

std::shared_ptr<const Site> BuiltinPage::site() const {
  const bot::Lock lock(site_mutex_);
  return site_;
}

std::optional<bot::Accepted> BuiltinPage::shown(const std::string& op, std::int64_t incident) const {
  const bot::Lock lock(draw_mutex_);
  if (!page_) return {};
  for (const auto& i : page_->incidents)
    for (const auto& u : i.updates)
      if (u.op == op) return bot::Accepted{{bot::Reference{incident, integration_, "public", i.id}}, page_->url + "/incidents/" + i.id + "#" + u.id};
  return {};
}

bot::SendResult BuiltinPage::send(const bot::Message& message, const bot::SendContext& context) {
  const auto* update = std::get_if<bot::PublicUpdate>(&message.content);
  if (!update) return bot::Refused{"A status page takes public updates only."};
  if (auto drawn = draw(true); !drawn.ok()) return bot::NotSent{drawn.error().message, drawn.error().retry_after, true};
  if (auto there = shown(update->op, context.incident.number)) return *std::move(there);
  return bot::Refused{"The page shows the " + std::to_string(kIncidents) + " newest public incidents, and this one is older or not meant for it."};
}

bot::FindResult BuiltinPage::find(const bot::Message& message, const bot::SendContext& context) {
  const auto* update = std::get_if<bot::PublicUpdate>(&message.content);
  if (!update) return bot::Missing{};
  if (auto there = shown(update->op, context.incident.number)) return *std::move(there);
  return bot::Missing{};
}

}  // namespace statuspage::builtin
