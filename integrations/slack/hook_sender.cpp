#include "integrations/slack/hook_sender.hpp"

#include <nlohmann/json.hpp>

#include "bot/narrate.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/slack/mrkdwn.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr bot::Millis kDeadline{10000};
constexpr std::size_t kTextLength = 1900;  ///< Discord takes 2,000
constexpr std::size_t kWords = 60;
constexpr const char* kBreak = "\xE2\x80\x8B";  ///< zero width: for the eye the text stays as it was

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'; }

bool is_letter_or_digit(char c) { return is_word(c) && c != '.' && c != '-' && c != '_'; }

/// Discord hears "@everyone" within a word too ("all@everyone"), and Mattermost drops points and dashes before it looks (".@channel").
bool calls_everybody(const std::string& text, std::size_t at) {
  for (const std::string call : {"all", "channel", "everyone", "here"}) {
    std::size_t same = 0;
    while (same < call.size() && at + same < text.size() && (text[at + same] | 0x20) == call[same]) ++same;
    if (same == call.size()) return true;
  }
  return false;
}

/// Mattermost and Rocket.Chat hear "@channel" and "@all", Discord "@everyone"; "](" makes a link or a picture.
std::string quiet(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const bool in_address = i > 0 && is_letter_or_digit(text[i - 1]) && !calls_everybody(text, i + 1);
    const bool begins_mention = text[i] == '@' && !in_address;
    const bool begins_target = text[i] == ']' && i + 1 < text.size() && text[i + 1] == '(';
    if (begins_mention || begins_target) out += kBreak;
  }
  return out;
}

/// What the other side said, if it may be shown: "no_service", "channel_is_archived".
std::string words_of(const std::string& body) {
  std::string out;
  for (const char c : body.substr(0, kWords)) {
    if (!is_word(c) && c != ' ') return "";
    out += c;
  }
  return out;
}

class HookSender : public bot::Sender {
 public:
  HookSender(const bot::AnnouncementHook& hook, const bot::Settings& settings, http::Client& client, const bot::People& people, const bot::Clock& clock)
      : name_("webhook:" + hook.name), hook_(hook), settings_(settings), client_(client), people_(people), clock_(clock) {}

  const std::string& integration() const override { return name_; }
  bot::RepeatPolicy repeat_policy(const bot::Content&) const override { return bot::RepeatPolicy::harmless; }
  bot::FindResult find(const bot::Message&, const bot::SendContext&) override { return bot::Missing{}; }

  bot::SendResult send(const bot::Message& message, const bot::SendContext& context) override {
    const auto* announcement = std::get_if<bot::Announce>(&message.content);
    if (announcement == nullptr) return bot::Refused{"Only announcements go to a webhook.", false};
    if (context.incident.is_private) return bot::Refused{context.incident.name() + " is private: nothing about it is announced.", false};
    http::Call call;
    call.method = "POST";
    call.url = hook_.url.reveal();
    call.headers = {{"Content-Type", "application/json"}};
    call.body = codec::dump(json{{"text", hook_text(announcement->card, message.incident, settings_, people_)}});
    call.deadline = kDeadline;
    call.answer_cap = 64u << 10;
    return judge(client_.call(call));
  }

 private:
  bot::SendResult judge(const http::CallResult& result) const {
    if (const auto* failure = std::get_if<http::CallFailure>(&result)) {
      if (failure->maybe_done) return bot::Doubtful{failure->reason};
      return bot::NotSent{failure->reason, {}, true};
    }
    const auto& answer = std::get<http::Answer>(result);
    const std::string said = words_of(answer.body), status = std::to_string(answer.status);
    if (answer.status >= 200 && answer.status < 300) return bot::Accepted{};
    if (answer.status == 429)
      return bot::NotSent{"the webhook asked to wait", http::retry_after(answer, clock_.now()).value_or(bot::Millis{30000}), false};
    if (answer.status >= 500) return bot::Doubtful{"the webhook answered " + status};
    const bool gone = answer.status == 401 || answer.status == 403 || answer.status == 404 || answer.status == 410;
    return bot::Refused{"The webhook " + hook_.name + " answered " + status + (said.empty() ? "" : " (" + said + ")") +
                            (gone ? ": it was removed or switched off. Make a new one and put its address in announcements of the settings." : "."),
                        false};
  }

  const std::string name_;
  const bot::AnnouncementHook& hook_;
  const bot::Settings& settings_;
  http::Client& client_;
  const bot::People& people_;
  const bot::Clock& clock_;
};

}  // namespace

std::string hook_text(const bot::Card& card, std::int64_t incident, const bot::Settings& settings, const bot::People& people) {
  std::string out = bot::plain_text(card.title, people);
  for (const auto& fact : card.facts) out += "\n" + fact.label + ": " + bot::plain_text(fact.value, people);
  for (const auto& paragraph : card.paragraphs) out += "\n" + bot::plain_text(paragraph, people);
  out = quiet(escape(out));
  out = cut(out, kTextLength);
  const std::string& base = settings.server.console_url;
  if (settings.console_enabled && base.rfind("https://", 0) == 0) out += "\n" + base + "/incidents/INC-" + std::to_string(incident);
  return out;
}

std::unique_ptr<bot::Sender> make_hook_sender(const bot::AnnouncementHook& hook, const bot::Settings& settings, http::Client& client, const bot::People& people,
                                              const bot::Clock& clock) {
  return std::make_unique<HookSender>(hook, settings, client, people, clock);
}

}  // namespace slack
