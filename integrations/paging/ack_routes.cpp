// GET and POST /ack/{token}.
#include <algorithm>
#include <memory>

#include "bot/narrate.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/paging/ack_link.hpp"
#include "integrations/paging/ack_page.hpp"

namespace paging {
namespace {

constexpr std::size_t kMaxBody = 16u << 10;  // the form has no fields

class AckRoutes : public std::enable_shared_from_this<AckRoutes> {
 public:
  AckRoutes(bot::Intake& intake, bot::Reader& reader, const bot::People& people, const bot::Settings& settings, bot::Clock& clock)
      : intake_(intake), reader_(reader), people_(people), settings_(settings), clock_(clock) {}

  void show(const http::Request& request, const std::shared_ptr<http::Exchange>& exchange) const {
    AckToken token;
    exchange->respond(draw(look(request, token)));
  }

  void acknowledge(const http::Request& request, const std::shared_ptr<http::Exchange>& exchange) const {
    AckToken token;
    const AckPage seen = look(request, token);
    if (!seen.button) return exchange->respond(draw(seen));  // nothing to acknowledge, and the page says why
    bot::Request out;
    out.cls = bot::RequestClass::human;
    out.caller = {bot::ActorKind::person, "link", token.person, people_.name_of(token.person), {}};
    out.dedup_keys = {"link:" + http::sha256_hex(request.segments.at(0))};
    out.body = bot::Invocation{"ack", token.incident, {{"page", token.page}}};
    out.received = clock_.now();
    // A completion may come after the server and its routes are gone, hence the shared owner.
    intake_.submit(std::move(out), [self = shared_from_this(), exchange, token, seen](const bot::Reply& reply) { exchange->respond(draw(self->after(reply, token, seen))); });
  }

 private:
  static AckPage about(const bot::Incident& incident) {
    AckPage page;
    page.incident = incident.name();
    page.severity = incident.severity;
    page.title = incident.title;
    return page;
  }

  static const bot::PageRun* run_of(const bot::Incident& incident, const AckToken& token) {
    const auto it = std::find_if(incident.pages.begin(), incident.pages.end(), [&](const bot::PageRun& run) { return run.id == token.page; });
    return it == incident.pages.end() ? nullptr : &*it;
  }

  /// What the page run says now; a button only while it waits for an answer.
  AckPage state(const bot::Incident& incident, const AckToken& token) const {
    AckPage page = about(incident);
    const bot::PageRun* run = run_of(incident, token);
    if (run != nullptr && run->open) {
      page.heading = people_.name_of(token.person) + ", you are paged.";
      page.button = true;
    } else if (run != nullptr && run->acknowledged_by == token.person) {
      page.heading = "You have acknowledged this page.";
      page.detail = "Nothing more to do here. The incident goes on in its room.";
    } else if (run != nullptr && !run->acknowledged_by.empty()) {
      page.heading = people_.name_of(run->acknowledged_by) + " has acknowledged this page already.";
      page.detail = "Nobody waits for you. The incident goes on in its room.";
    } else {
      page.heading = "This page is over.";
      page.detail = incident.phase == bot::Phase::open ? "Nobody acknowledged it in time. The incident is still open: look into its room."
                                                       : std::string("The incident is ") + bot::to_string(incident.phase) + ".";
    }
    return page;
  }

  static AckPage refusal(int status, std::string heading, std::string detail) {
    AckPage page;
    page.status = status;
    page.heading = std::move(heading);
    page.detail = std::move(detail);
    return page;
  }

  AckPage look(const http::Request& request, AckToken& token) const {
    const auto read = read_token(settings_.paging.secret, request.segments.at(0));
    if (!read)
      return refusal(403, "This link does not work.",
                     "It is incomplete or was changed on its way. Open it again from the page you got, or type ack in the incident's room.");
    token = *read;
    const std::string name = "INC-" + std::to_string(token.incident);
    if (clock_.now() >= token.expires)
      return refusal(403, "This link has expired.", "To acknowledge " + name + " now, type ack in its room, or " + name + " ack anywhere else.");
    if (!people_.find(token.person))
      return refusal(403, "This link belongs to somebody who is no longer in the settings.", "Type ack in the incident's room instead.");
    auto found = reader_.incident(token.incident);
    if (!found) return refusal(503, "Muster cannot read its records right now.", "Try again in a moment, or type " + name + " ack in the chat.");
    if (!*found) return refusal(403, "This link does not work.", name + " does not exist here.");
    return state(**found, token);
  }

  AckPage after(const bot::Reply& reply, const AckToken& token, const AckPage& seen) const {
    const std::string words = bot::plain_text(reply.card.title, people_);
    if (reply.status == bot::ReplyStatus::ok) {
      // Somebody may have been faster between the look and the commit: say what is recorded.
      auto found = reader_.incident(token.incident);
      AckPage page = found && *found ? state(**found, token) : seen;
      const bot::PageRun* run = found && *found ? run_of(**found, token) : nullptr;
      page.button = false;
      if (run == nullptr || run->acknowledged_by == token.person) {
        page.heading = "Acknowledged.";
        page.detail = "Nobody further is paged. The incident goes on in its room.";
      } else if (run->open) {
        page.heading = words;
      }
      return page;
    }
    AckPage page = seen;
    const bool again = reply.status == bot::ReplyStatus::unavailable || reply.status == bot::ReplyStatus::maybe_recorded;
    page.status = again ? 503 : reply.status == bot::ReplyStatus::forbidden ? 403 : 409;
    page.heading = again ? "Not recorded yet. Press the button again." : "Not acknowledged.";
    page.detail = words;
    page.button = again;
    return page;
  }

  bot::Intake& intake_;
  bot::Reader& reader_;
  const bot::People& people_;
  const bot::Settings& settings_;
  bot::Clock& clock_;
};

}  // namespace

void add_routes(http::Server& server, bot::Intake& intake, bot::Reader& reader, const bot::People& people, const bot::Settings& settings, bot::Clock& clock) {
  if (settings.paging.secret.empty()) return;
  const auto routes = std::make_shared<AckRoutes>(intake, reader, people, settings, clock);
  server.route("GET", "/ack/{}", [routes](const http::Request& request, std::shared_ptr<http::Exchange> exchange) { routes->show(request, exchange); });
  server.route("POST", "/ack/{}", [routes](const http::Request& request, std::shared_ptr<http::Exchange> exchange) { routes->acknowledge(request, exchange); }, kMaxBody);
}

}  // namespace paging
