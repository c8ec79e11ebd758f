#include "integrations/alerts/alertmanager/submission.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace alertmanager {
namespace {

/// Two batches of the Coordinator: it never waits for us, and one large group leaves room in its queue (2,000) for others.
/// All at once, a body of 10,000 alerts would be shed at the same place on every retry and never get through.
constexpr std::size_t kWindow = 512;
constexpr std::size_t kNamedFaults = 20;

std::string words_of(const bot::Card& card) {
  std::string out;
  for (const auto& span : card.title) out += span.value;
  return out;
}

std::string list(const std::vector<std::string>& faults) {
  std::string out;
  for (std::size_t i = 0; i < std::min(faults.size(), kNamedFaults); ++i) out += (i ? "; " : "") + faults[i];
  if (faults.size() > kNamedFaults) out += "; and " + std::to_string(faults.size() - kNamedFaults) + " more";
  return out;
}

}  // namespace

Submission::Submission(bot::Intake& intake, bot::Caller caller, Notification notification, bot::Time received, std::function<void(http::Response)> answer)
    : intake_(intake), caller_(std::move(caller)), received_(received), answer_(std::move(answer)), notification_(std::move(notification)) {}

bot::Request Submission::request_for(std::size_t index) {
  bot::Lock lock(mutex_);
  Delivery& delivery = notification_.alerts[index];
  bot::Request request;
  request.cls = bot::RequestClass::alert;
  request.caller = caller_;
  request.dedup_keys = {std::move(delivery.dedup_key)};
  request.body = std::move(delivery.alert);
  request.received = received_;
  return request;
}

/// One thread at a time submits; a completion that comes meanwhile (also from inside submit) only changes the counts this loop looks at.
void Submission::pump() {
  std::optional<http::Response> last;
  for (;;) {
    std::size_t index = 0;
    {
      bot::Lock lock(mutex_);
      if (pumping_) return;
      const bool more = next_ < notification_.alerts.size() && unavailable_ == 0;
      if (!more || under_way_ >= kWindow) {
        if (!more && under_way_ == 0 && !answered_) {
          answered_ = true;
          last = answer_locked();
        }
        break;
      }
      index = next_++;
      ++under_way_;
      pumping_ = true;
    }
    intake_.submit(request_for(index), [self = shared_from_this(), index](const bot::Reply& reply) { self->finished(index, reply); });
    bot::Lock lock(mutex_);
    pumping_ = false;
  }
  if (last) answer_(std::move(*last));
}

void Submission::finished(std::size_t index, const bot::Reply& reply) {
  {
    bot::Lock lock(mutex_);
    --under_way_;
    switch (reply.status) {
      case bot::ReplyStatus::ok: ++(reply.repeated ? repeated_ : recorded_); break;
      case bot::ReplyStatus::invalid:
      case bot::ReplyStatus::forbidden:
      case bot::ReplyStatus::not_found:
        notification_.faults.push_back("alerts[" + std::to_string(notification_.alerts[index].index) + "]: " + words_of(reply.card));
        break;
      case bot::ReplyStatus::maybe_recorded: maybe_recorded_ = true; [[fallthrough]];
      case bot::ReplyStatus::conflict:
      case bot::ReplyStatus::unavailable:
        ++unavailable_;
        if (reply.retry_after) retry_after_ = std::max(retry_after_, *reply.retry_after);
        break;
    }
  }
  pump();
}

/// 503, never 429 or another 4xx, when anything may be missing: Alertmanager tries again within the same flush only after a 5xx.
http::Response Submission::answer_locked() {
  const auto& faults = notification_.faults;
  const std::string good = std::to_string(recorded_ + repeated_) + " of " + std::to_string(notification_.alerts.size()) + " readable alerts are recorded. ";
  const std::string bad = faults.empty() ? "" : " Not readable: " + list(faults) + ".";
  if (unavailable_ > 0)
    return http::Response::problem(503, good + (maybe_recorded_ ? "The others may be recorded: send the same again." : "The others were not taken this time: send the same again.") + bad,
                                   retry_after_);
  if (!faults.empty()) return http::Response::problem(400, good + "Not recorded: " + list(faults) + ".");
  const nlohmann::json counts{{"recorded", recorded_}, {"repeated", repeated_}, {"truncated", notification_.truncated}};
  return http::Response::json(200, counts.dump());
}

}  // namespace alertmanager
