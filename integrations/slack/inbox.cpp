#include "integrations/slack/inbox.hpp"

#include <nlohmann/json.hpp>

#include "integrations/http/signature.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/payload.hpp"
#include "integrations/slack/reception.hpp"

namespace slack {
namespace {

using nlohmann::json;

bot::Card not_ours() { return words("Not recorded: this Muster belongs to another Slack workspace or app."); }
bot::Card slow() { return words("Not yet recorded: Muster is slow right now. Look at the incident's timeline before you send it again."); }

class TheInbox : public Inbox {
 public:
  explicit TheInbox(const InboxPlaces& places) : reception_(std::make_shared<Reception>(places)) {}
  ~TheInbox() override { reception_->stop(); }

  void command(const std::map<std::string, std::string>& fields, Answer answer, std::optional<bot::Time> sent) override {
    auto value = [&fields](const char* name) -> std::string {
      const auto it = fields.find(name);
      return it == fields.end() ? "" : it->second;
    };
    if (value("ssl_check") == "1") return answer("");
    if (!reception_->at.workspace->is_ours(value("team_id"), value("enterprise_id"), value("api_app_id")))
      return answer(reception_->answer_json(not_ours(), 0));
    if (!is_id(value("user_id")))
      return answer(reception_->answer_json(words("Not recorded: Slack did not say who typed this. Try again."), 0));
    bot::Request asked = reception_->request_of({value("user_id"), value("user_name"), value("channel_id")}, bot::Typed{neutral_text(value("text"))}, sent);
    const std::string trigger = value("trigger_id");
    if (!trigger.empty()) asked.dedup_keys = {"slack:trigger:" + trigger};
    else if (!value("muster_signature").empty()) asked.dedup_keys = {"slack:signature:" + value("muster_signature")};
    auto given = reception_->deadlines.watch(std::move(answer), reception_->answer_json(slow(), 0));
    reception_->at.intake.submit(std::move(asked), [given, here = std::weak_ptr<Reception>(reception_)](const bot::Reply& reply) {
      if (const auto reception = here.lock()) given->give(reception->answer_json(reply));
    });
  }

  void interaction(const json& payload, Answer answer, std::optional<bot::Time> sent) override {
    if (text_of(payload, "type") == "block_actions") return pressed(payload, std::move(answer), sent);
    answer("");
  }

  void event(const json&, Answer answer) override { answer(""); }

  void stop() override { reception_->stop(); }

 private:
  bool is_ours(const json& payload) const {
    std::string team = text_of(object_of(payload, "team"), "id");
    if (team.empty()) team = text_of(object_of(payload, "user"), "team_id");  // Enterprise Grid: `team` may be null
    return reception_->at.workspace->is_ours(team, text_of(object_of(payload, "enterprise"), "id"), text_of(payload, "api_app_id"));
  }

  static Sender sender_of(const json& payload) {
    const json& user = object_of(payload, "user");
    const std::string name = text_of(user, "name").empty() ? text_of(user, "username") : text_of(user, "name");
    return {text_of(user, "id"), name, text_of(object_of(payload, "channel"), "id")};
  }

  /// The acknowledgement waits for the disk, so that a press that Slack shows as taken is not lost; what came of it follows privately.
  void pressed(const json& payload, Answer answer, std::optional<bot::Time> sent) {
    const json& actions = list_of(payload, "actions");
    const Sender sender = sender_of(payload);
    if (actions.empty() || !is_id(sender.user)) return answer("");
    const json& action = actions.front();
    const std::string typed = text_of(action, "value"), url = text_of(payload, "response_url");
    if (text_of(action, "type") != "button" || text_of(action, "action_id").rfind("run:", 0) != 0 || typed.empty()) return answer("");
    if (!is_ours(payload)) {
      reception_->tell(url, not_ours());
      return answer("");
    }
    bot::Request asked = reception_->request_of(sender, bot::Typed{typed}, sent);
    asked.dedup_keys = {"slack:trigger:" + text_of(payload, "trigger_id") + ":" + text_of(action, "action_ts")};
    auto given = reception_->deadlines.watch(std::move(answer), "");
    reception_->at.intake.submit(std::move(asked), [given, url, here = std::weak_ptr<Reception>(reception_)](const bot::Reply& reply) {
      given->give("");
      if (const auto reception = here.lock()) reception->tell(url, reply);
    });
  }

  std::shared_ptr<Reception> reception_;
};

}  // namespace

std::shared_ptr<Inbox> make_inbox(const InboxPlaces& places) { return std::make_shared<TheInbox>(places); }

}  // namespace slack
