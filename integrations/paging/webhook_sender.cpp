#include "integrations/paging/webhook_sender.hpp"

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/paging/ack_link.hpp"
#include "integrations/text/html.hpp"

namespace paging {
namespace {

constexpr bot::Millis kDeadline{10000};
constexpr bot::Millis kLongestWait{60000};  // somebody waits for this page: a longer Retry-After is not obeyed
constexpr std::size_t kAnswerCap = 64u << 10;

class WebhookSender : public bot::Sender {
 public:
  WebhookSender(http::Client& client, const bot::Settings& settings, const bot::People& people, bot::Clock& clock)
      : client_(client), settings_(settings), people_(people), clock_(clock) {}

  const std::string& integration() const override { return name_; }
  int parallel() const override { return 8; }  // one slow receiver must not keep other people's pages waiting
  bot::RepeatPolicy repeat_policy(const bot::Content&) const override { return bot::RepeatPolicy::harmless; }

  bot::SendResult send(const bot::Message& message, const bot::SendContext& context) override {
    const auto* page = std::get_if<bot::PagePerson>(&message.content);
    if (page == nullptr) return bot::Refused{std::string("A webhook takes pages only, not ") + bot::kind_of(message.content) + "."};
    const auto person = people_.find(page->person);
    if (!person || person->webhook.empty()) return bot::Refused{people_.name_of(page->person) + " has no webhook in the settings."};
    if (settings_.paging.secret.empty()) return bot::Refused{"paging.secret is not set, and a page is never sent unsigned."};
    return judge(client_.call(call_for(message, *page, person->webhook, context)), person->name);
  }

  /// There is nothing to look at on the other side; a page twice is better than none.
  bot::FindResult find(const bot::Message&, const bot::SendContext&) override { return bot::Missing{}; }

 private:
  std::string ack_url(const bot::Message& message, const bot::PagePerson& page) const {
    if (!page.ack_path.empty()) return settings_.server.public_url + page.ack_path;
    // From the message's own time, so that every attempt carries the same link.
    return make_ack_url(settings_, message.incident, page.page, page.person, message.created + kAckLinkLife);
  }

  http::Call call_for(const bot::Message& message, const bot::PagePerson& page, const std::string& url, const bot::SendContext& context) const {
    const bot::Time now = clock_.now();
    nlohmann::json body{{"id", message.id},
                        {"type", "page"},
                        {"incident", "INC-" + std::to_string(message.incident)},
                        {"title", text::clean(page.title, true)},
                        {"severity", page.severity},
                        {"text", text::clean(page.text)},
                        {"step", page.step},
                        {"page", page.page},
                        {"person", page.person},
                        {"ack_url", ack_url(message, page)},
                        {"sent_at", bot::iso8601(now)}};
    if (context.first_attempt) body["repeat"] = true;
    http::Call call;
    call.method = "POST";
    call.url = url;
    call.body = codec::dump(body);
    call.headers = {{"Content-Type", "application/json"},
                    {"Muster-Signature", http::webhook_signature(settings_.paging.secret, call.body, now)},
                    {"Muster-Delivery", message.id},
                    {"Idempotency-Key", message.id}};
    call.deadline = kDeadline;
    call.answer_cap = kAnswerCap;
    return call;
  }

  /// The address is never in the words: it may be a secret itself.
  bot::SendResult judge(const http::CallResult& result, const std::string& who) const {
    const std::string whose = who + "'s webhook ";
    if (const auto* failure = std::get_if<http::CallFailure>(&result)) {
      if (failure->maybe_done) return bot::Doubtful{whose + "gave no whole answer."};
      return bot::NotSent{whose + "could not be reached.", std::nullopt, true};
    }
    const auto& answer = std::get<http::Answer>(result);
    const std::string answered = whose + "answered " + std::to_string(answer.status) + ".";
    if (answer.status >= 200 && answer.status < 300) return bot::Accepted{};
    if (answer.status == 429) return bot::NotSent{answered, http::retry_after(answer, clock_.now(), kLongestWait), false};
    if (answer.status == 408 || answer.status == 425) return bot::NotSent{answered, std::nullopt, true};  // "send it again", by their definition
    if (answer.status >= 300 && answer.status < 400) return bot::Refused{answered + " Redirects are not followed: put the final address into the settings."};
    if (answer.status >= 400 && answer.status < 500) return bot::Refused{answered};
    return bot::Doubtful{answered};
  }

  const std::string name_ = "webhook";
  http::Client& client_;
  const bot::Settings& settings_;
  const bot::People& people_;
  bot::Clock& clock_;
};

}  // namespace

std::unique_ptr<bot::Sender> make_webhook_sender(http::Client& client, const bot::Settings& settings, const bot::People& people, bot::Clock& clock) {
  return std::make_unique<WebhookSender>(client, settings, people, clock);
}

}  // namespace paging
