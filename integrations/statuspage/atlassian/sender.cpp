#include "integrations/statuspage/atlassian/sender.hpp"

#include <algorithm>

#include "integrations/http/rate_limiter.hpp"
#include "integrations/statuspage/atlassian/wire.hpp"
#include "integrations/text/address.hpp"

namespace statuspage::atlassian {
namespace {

using bot::Millis;

// A call to `send` is at most two looks and one write, to `find` two looks: both stay under the dispatcher's 15 s.
constexpr Millis kWriteDeadline{7000};
constexpr Millis kLookDeadline{7000};
constexpr Millis kLookBeforeWriteDeadline{3900};
constexpr Millis kReadAgain{1000};        ///< when the store could not be read
constexpr Millis kClockSkew{120000};      ///< between the vendor's clock and ours
constexpr Millis kRateLimitWait{60000};   ///< the vendor counts calls over a rolling minute
constexpr std::size_t kListCap = 8u << 20;  ///< 100 incidents with all their updates
constexpr double kCallsPerMinute = 60;
constexpr double kLists = 2;              ///< calls of one look through the lists
constexpr const char* kOwnLimit = "Waiting for Statuspage's limit of 60 calls a minute.";

const std::string kReference = "public";
const std::string kGone = "public_gone";

/// The answer to looking for our incident in the vendor's lists.
struct Sighting {
  std::optional<RemoteIncident> landed;     ///< carries this very update
  std::optional<RemoteIncident> adoptable;  ///< ours by its mark, but an earlier update was the last
};
using Look = std::variant<Sighting, bot::CannotLook>;

class Relay : public bot::Sender {
 public:
  Relay(const bot::StatusPageSettings& settings, http::Client& client, bot::Env env, PublicUpdates updates)
      : settings_(settings),
        client_(client),
        env_(env),
        updates_(std::move(updates)),
        integration_("statuspage:" + settings.name),
        page_url_(text::without_slash(settings.api_url) + "/pages/" + http::percent_encode(settings.page_id)) {}

  const std::string& integration() const override { return integration_; }
  /// One at a time: of two writes that pass each other on the way, the one drawn first would leave its older word on a component they share.
  int parallel() const override { return 1; }
  bot::RepeatPolicy repeat_policy(const bot::Content&) const override { return bot::RepeatPolicy::never_twice; }
  bot::SendResult send(const bot::Message& message, const bot::SendContext& context) override;
  bot::FindResult find(const bot::Message& message, const bot::SendContext& context) override;

 private:
  http::CallResult call(const std::string& method, const std::string& path, std::string body, Millis deadline);
  bot::SendResult write(const std::string& remote, const bot::PublicUpdate& update, const bot::SendContext& context);
  bot::SendResult outcome(const http::Answer& answer, const std::string& remote, const bot::SendContext& context);
  std::optional<Millis> wait_for(double calls);
  Look look_in_lists(const bot::PublicUpdate& update, const bot::SendContext& context, Millis deadline);
  std::variant<http::Answer, bot::CannotLook> look(const std::string& path, Millis deadline);
  bot::Accepted accepted(const RemoteIncident& remote, std::int64_t incident) const;
  std::string without_key(std::string words) const;
  std::string elsewhere(unsigned status) const;
  std::string check_key() const { return " Check api_key of the status page \"" + settings_.name + "\"."; }
  std::string answered(const http::Answer& answer) const;

  const bot::StatusPageSettings settings_;
  http::Client& client_;
  bot::Env env_;
  const PublicUpdates updates_;
  const std::string integration_;
  const std::string page_url_;
  http::RateLimiter limiter_;
};

/// The update is on the incident: by its mark or, if somebody rewrote the metadata, by its exact words since our first attempt.
bool carries(const RemoteIncident& remote, const bot::PublicUpdate& update, const std::optional<bot::Time>& first_attempt) {
  if (remote.mark_op == update.op) return true;
  if (!first_attempt || remote.updates.empty()) return false;
  const RemoteUpdate& newest = remote.updates.front();
  return newest.body == sent_body(update) && newest.status == update.state && newest.created && *newest.created >= *first_attempt - kClockSkew;
}

/// Written before the public incident was found to be deleted.
bool was_deleted_since(const bot::Message& message, const bot::SendContext& context) {
  bot::Time gone{};
  return bot::parse_iso8601(context.reference(kGone), gone) && message.created <= gone;
}

/// An incident of the same name from an earlier database (numbers start again) must never be taken for this one.
bool of_this_publication(const RemoteIncident& remote, const bot::Incident& incident) {
  const bot::Time begin = incident.publication.first_at.value_or(incident.declared);
  return remote.created && *remote.created >= begin - kClockSkew;
}

bot::Accepted Relay::accepted(const RemoteIncident& remote, std::int64_t incident) const {
  return {{bot::Reference{incident, integration_, kReference, remote.id}}, remote.shortlink};
}

/// A vendor that echoes our header back must not carry the key into the room.
std::string Relay::without_key(std::string words) const {
  const std::string& key = settings_.api_key.reveal();
  for (std::size_t at = 0; !key.empty() && (at = words.find(key, at)) != std::string::npos;) words.replace(at, key.size(), "[key]");
  return words;
}

std::string Relay::elsewhere(unsigned status) const {
  return status >= 300 && status < 400 ? " It points elsewhere; check api_url of the status page \"" + settings_.name + "\"." : "";
}

/// All calls of a send or a look are granted before the first: whoever stops halfway has taken others' turns for nothing.
std::optional<Millis> Relay::wait_for(double calls) {
  const Millis wait = limiter_.take_together(integration_, kCallsPerMinute, kCallsPerMinute, env_.clock.now(), calls);
  if (wait.count() == 0) return {};
  return wait;
}

http::CallResult Relay::call(const std::string& method, const std::string& path, std::string body, Millis deadline) {
  http::Call call;
  call.method = method;
  call.url = page_url_ + path;
  call.headers = {{"Authorization", "OAuth " + settings_.api_key.reveal()}, {"Accept", "application/json"}};
  if (!body.empty()) call.headers.emplace_back("Content-Type", "application/json");
  call.body = std::move(body);
  call.deadline = deadline;
  call.answer_cap = kListCap;
  http::CallResult result = client_.call(call);
  if (const auto* answer = std::get_if<http::Answer>(&result); answer && (answer->status == 420 || answer->status == 429))
    limiter_.pause(integration_, env_.clock.now() + http::retry_after(*answer, env_.clock.now()).value_or(kRateLimitWait));
  return result;
}

bot::SendResult Relay::send(const bot::Message& message, const bot::SendContext& context) {
  const auto* update = std::get_if<bot::PublicUpdate>(&message.content);
  if (!update) return bot::Refused{"A status page takes public updates only."};
  const std::string& known = context.reference(kReference);
  if (known.empty() && was_deleted_since(message, context))
    return bot::Refused{"The public incident was deleted on Statuspage, and this update was written before that was known."};
  // No remote incident is known. A first update that was never tried cannot be there; anything else may have left one behind, and a
  // second public incident is worse than one more look.
  const bool looks = known.empty() && (!update->first || context.first_attempt);
  if (const auto wait = wait_for(looks ? kLists + 1 : 1)) return bot::NotSent{kOwnLimit, wait, false};
  if (!looks) return write(known, *update, context);
  const Look seen = look_in_lists(*update, context, kLookBeforeWriteDeadline);
  if (const auto* blind = std::get_if<bot::CannotLook>(&seen))
    return bot::NotSent{"Not sent, because the page could not be read before writing: " + blind->reason, blind->after, !blind->after};
  const Sighting& sighting = std::get<Sighting>(seen);
  if (sighting.landed) return accepted(*sighting.landed, context.incident.number);
  return write(sighting.adoptable ? sighting.adoptable->id : std::string{}, *update, context);
}

bot::SendResult Relay::write(const std::string& remote, const bot::PublicUpdate& update, const bot::SendContext& context) {
  const bool create = remote.empty();
  const std::string path = create ? "/incidents" : "/incidents/" + http::percent_encode(remote);
  // Drawn anew for each attempt. That a repeat may say something else of a component does no harm: an update is known again by its mark or its
  // words, never by its components, and what counts is how things stand when the vendor hears of them.
  const auto updates = updates_();
  if (!updates) return bot::NotSent{"What else is public could not be read: " + updates.error().message, kReadAgain, false};
  const auto others = held_by_others(*updates, context.incident.number, settings_.name);
  const http::CallResult result =
      call(create ? "POST" : "PATCH", path, write_body(update, context.incident.name(), settings_, create, others), kWriteDeadline);
  if (const auto* failure = std::get_if<http::CallFailure>(&result)) {
    if (failure->maybe_done) return bot::Doubtful{"Statuspage did not confirm the update: " + without_key(failure->reason)};
    return bot::NotSent{"Statuspage could not be reached: " + without_key(failure->reason), {}, true};
  }
  const auto& answer = std::get<http::Answer>(result);
  if (answer.status < 200 || answer.status > 299) return outcome(answer, remote, context);
  if (const auto written = read_incident(answer.body)) return accepted(*written, context.incident.number);
  return bot::Doubtful{"Statuspage seemed to take the update, but its answer could not be read."};  // or a proxy answered in its place
}

/// "Statuspage answered 404: not found."
std::string Relay::answered(const http::Answer& answer) const {
  std::string said = without_key(read_problem(answer.body));
  while (!said.empty() && (said.back() == '.' || said.back() == ' ')) said.pop_back();
  return "Statuspage answered " + std::to_string(answer.status) + (said.empty() ? "" : ": " + said) + ".";
}

/// Any answer but 2xx.
bot::SendResult Relay::outcome(const http::Answer& answer, const std::string& remote, const bot::SendContext& context) {
  const std::string words = answered(answer);
  switch (answer.status) {
    case 420:
    case 429: return bot::NotSent{words, http::retry_after(answer, env_.clock.now()).value_or(kRateLimitWait), false};
    case 401:
    case 403: return bot::Refused{words + check_key(), true};
    case 408: return bot::Doubtful{words};
    case 404:
      if (remote.empty()) return bot::Refused{words + " Check page_id of the status page \"" + settings_.name + "\"."};
      // Forgotten, so that the next update makes a new one. What was written before this was known does not: whoever deleted the incident may
      // have meant it, so a person's word is needed.
      return bot::Refused{words + " The public incident was deleted there.",
                          false,
                          {bot::Reference{context.incident.number, integration_, kReference, ""},
                           bot::Reference{context.incident.number, integration_, kGone, bot::iso8601(env_.clock.now())}}};
    default: break;
  }
  // A redirect is not Statuspage's: a proxy gave it, which may pass, or after the work, as a form's "see other" is.
  if (answer.status < 400) return bot::Doubtful{words + elsewhere(answer.status)};
  if (answer.status >= 500) return bot::Doubtful{words};
  return bot::Refused{words};
}

std::variant<http::Answer, bot::CannotLook> Relay::look(const std::string& path, Millis deadline) {
  http::CallResult result = call("GET", path, {}, deadline);
  if (const auto* failure = std::get_if<http::CallFailure>(&result)) return bot::CannotLook{without_key(failure->reason)};
  auto& answer = std::get<http::Answer>(result);
  if (answer.status == 200 || answer.status == 404) return std::move(answer);
  std::optional<Millis> after;
  if (answer.status == 420 || answer.status == 429) after = http::retry_after(answer, env_.clock.now()).value_or(kRateLimitWait);
  const bool credentials = answer.status == 401 || answer.status == 403;
  return bot::CannotLook{answered(answer) + (credentials ? check_key() : elsewhere(answer.status)), after, credentials};
}

Look Relay::look_in_lists(const bot::PublicUpdate& update, const bot::SendContext& context, Millis deadline) {
  Sighting sighting;
  // The unresolved list first, as an open incident is there however many were closed since; then the newest of any state. Statuspage's
  // search (?q=) does not cover metadata, so the mark is compared here.
  for (const char* path : {"/incidents/unresolved?per_page=100", "/incidents?limit=100"}) {
    auto looked = look(path, deadline);
    if (const auto* blind = std::get_if<bot::CannotLook>(&looked)) return *blind;
    const auto& answer = std::get<http::Answer>(looked);
    if (answer.status == 404) return bot::CannotLook{"Statuspage does not know the page; check page_id and api_key."};
    const auto incidents = read_incidents(answer.body);
    if (!incidents) return bot::CannotLook{"Statuspage's list of incidents could not be read."};
    for (const RemoteIncident& remote : *incidents) {
      if (remote.mark_incident != context.incident.name()) continue;
      if (remote.mark_op != update.op && !of_this_publication(remote, context.incident)) continue;
      if (carries(remote, update, context.first_attempt)) sighting.landed = remote;
      else if (!sighting.adoptable) sighting.adoptable = remote;
    }
    if (sighting.landed) break;
  }
  return sighting;
}

bot::FindResult Relay::find(const bot::Message& message, const bot::SendContext& context) {
  const auto* update = std::get_if<bot::PublicUpdate>(&message.content);
  if (!update) return bot::Missing{};
  const std::string& known = context.reference(kReference);
  if (const auto wait = wait_for(known.empty() ? kLists : 1)) return bot::CannotLook{kOwnLimit, wait};
  if (known.empty()) {
    // Only the mark of this very update proves that it landed. An incident of ours with another mark is adopted by the next `send`.
    const Look seen = look_in_lists(*update, context, kLookDeadline);
    if (const auto* blind = std::get_if<bot::CannotLook>(&seen)) return *blind;
    if (const auto& landed = std::get<Sighting>(seen).landed) return accepted(*landed, context.incident.number);
    return bot::Missing{};
  }
  const auto looked = look("/incidents/" + http::percent_encode(known), kLookDeadline);
  if (const auto* blind = std::get_if<bot::CannotLook>(&looked)) return *blind;
  const auto& answer = std::get<http::Answer>(looked);
  if (answer.status == 404) return bot::Missing{};  // deleted by a person: the resend is refused in clear words
  const auto remote = read_incident(answer.body);
  if (!remote) return bot::CannotLook{"Statuspage's incident could not be read."};
  if (carries(*remote, *update, context.first_attempt)) return accepted(*remote, context.incident.number);
  return bot::Missing{};
}

}  // namespace

std::unique_ptr<bot::Sender> make_sender(const bot::StatusPageSettings& settings, http::Client& client, bot::Env env, PublicUpdates updates) {
  return std::make_unique<Relay>(settings, client, env, std::move(updates));
}

}  // namespace statuspage::atlassian
