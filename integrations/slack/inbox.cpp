#include "integrations/slack/inbox.hpp"

#include <nlohmann/json.hpp>

#include "bot/incident.hpp"
#include "integrations/slack/events.hpp"
#include "integrations/slack/interactions.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/payload.hpp"

namespace slack {
namespace {

using nlohmann::json;
using Fields = std::map<std::string, std::string>;

const std::string& value(const Fields& fields, const char* name) {
  static const std::string none;
  const auto it = fields.find(name);
  return it == fields.end() ? none : it->second;
}

/// "update" or "INC-7 update": a verb without what it needs. "" when more was typed.
std::string bare_verb(const std::string& typed) {
  const auto from = typed.find_first_not_of(" \t"), to = typed.find_last_not_of(" \t");
  if (from == std::string::npos) return "";
  const std::string words = typed.substr(from, to - from + 1);
  const auto gap = words.find_first_of(" \t");
  if (gap == std::string::npos) return words;
  const auto verb = words.find_first_not_of(" \t", gap);
  const std::string rest = words.substr(verb);
  return bot::incident_number(words.substr(0, gap)) && rest.find_first_of(" \t") == std::string::npos ? rest : "";
}

std::optional<std::int64_t> named_incident(const std::string& typed) {
  const auto from = typed.find_first_not_of(" \t");
  return from == std::string::npos ? std::nullopt : bot::incident_number(typed.substr(from, typed.find_first_of(" \t", from) - from));
}

constexpr bot::Millis kRoomTime{1100};  // of the three seconds that Slack gives

/// All the parts, owned together: a reply from the core's threads keeps all of them alive or finds none.
struct Parts {
  Reception reception;
  Modals modals;
  Captures captures;
  Home home;
  Interactions interactions;
  Events events;

  explicit Parts(const InboxPlaces& places)
      : reception(places), modals(reception), captures(reception), home(reception), interactions(reception, modals, captures, home),
        events(reception, captures, home) {}

  void command(const Fields& fields, Answer answer, std::optional<bot::Time> sent);
  void submit(From from, const Fields& fields, const std::string& typed, bot::Millis arrived, std::optional<bot::Time> sent,
              const std::shared_ptr<Acknowledgement>& given);
  void say(const std::shared_ptr<Acknowledgement>& given, const From& from, const Fields& fields, const bot::Reply& reply);
  Body drawn(const bot::Reply& reply);
  void ask_for_the_rest(const From& from, const Fields& fields, const std::string& typed, bot::Millis arrived, const bot::Reply& refusal,
                        const std::shared_ptr<Acknowledgement>& given);
};

void Parts::command(const Fields& fields, Answer answer, std::optional<bot::Time> sent) {
  if (value(fields, "ssl_check") == "1") return answer("");
  if (!reception.at.workspace->is_ours(value(fields, "team_id"), value(fields, "enterprise_id"), value(fields, "api_app_id")))
    return answer(reception.answer_json(words("Not recorded: this Muster belongs to another Slack workspace or app."), 0));
  const From from{value(fields, "user_id"), value(fields, "user_name"), value(fields, "channel_id")};
  if (!is_id(from.user)) return answer(reception.answer_json(words("Not recorded: Slack did not say who typed this. Try again."), 0));
  const std::string typed = neutral_text(value(fields, "text"));
  auto given = reception.deadlines.watch(std::move(answer), Body([this] {
    return reception.answer_json(words("Not yet recorded: Muster is slow right now. Look at the incident's timeline before you send it again."), 0);
  }));
  const bot::Millis arrived = reception.at.clock.monotonic();
  const bool adopts = typed_verb(typed) == "adopt";
  reception.admit(from, "", adopts, [this, from, fields, typed, adopts, arrived, sent, given](const std::string& refusal) {
    From asker = from;
    std::string no = refusal;
    if (no.empty() && adopts) no = reception.learn_room(asker, value(fields, "channel_name"), Budget(reception.at.clock, kRoomTime, kRoomTime));
    if (no.empty()) return submit(asker, fields, typed, arrived, sent, given);
    bot::Reply reply;
    reply.status = bot::ReplyStatus::forbidden;
    reply.card = words(no);
    say(given, from, fields, reply);
  });
}

/// The answer, or when Slack's three seconds have been answered already: privately, at the address that came with the command.
void Parts::say(const std::shared_ptr<Acknowledgement>& given, const From& from, const Fields& fields, const bot::Reply& reply) {
  if (!given->give(drawn(reply))) reception.tell(from, value(fields, "response_url"), reply);
}

Body Parts::drawn(const bot::Reply& reply) {
  return Body([this, alive = reception.whole().lock(), reply] { return alive ? reception.answer_json(reply) : std::string(); });
}

void Parts::submit(From from, const Fields& fields, const std::string& typed, bot::Millis arrived, std::optional<bot::Time> sent,
                   const std::shared_ptr<Acknowledgement>& given) {
  const std::string& trigger = value(fields, "trigger_id");
  bot::Request asked = reception.request_of(from, bot::Typed{typed}, sent);
  if (!trigger.empty()) asked.dedup_keys = {"slack:trigger:" + trigger};
  else if (const auto& signature = value(fields, "muster_signature"); !signature.empty()) asked.dedup_keys = {"slack:signature:" + signature};
  reception.at.intake.submit(std::move(asked), [this, given, from, fields, typed, arrived, here = reception.whole()](const bot::Reply& reply) {
    const auto alive = here.lock();
    if (!alive) return;
    if (reply.status == bot::ReplyStatus::ok && reply.incident && opens_a_room(typed_verb(typed))) reception.awaits_room(*reply.incident, from, value(fields, "response_url"));
    const bool incomplete = reply.status == bot::ReplyStatus::invalid && !value(fields, "trigger_id").empty() && !bare_verb(typed).empty();
    if (!incomplete) return say(given, from, fields, reply);
    const bool asking = reception.later("forms", [this, given, from, fields, typed, arrived, reply] { ask_for_the_rest(from, fields, typed, arrived, reply, given); });
    if (!asking) say(given, from, fields, reply);
  });
}

/// A bare verb that was refused for what is missing: where it has a form, the form asks; else the refusal says what to type.
void Parts::ask_for_the_rest(const From& from, const Fields& fields, const std::string& typed, bot::Millis arrived, const bot::Reply& refusal,
                             const std::shared_ptr<Acknowledgement>& given) {
  Opening opening{from, value(fields, "trigger_id"), value(fields, "response_url"), bot::Typed{typed}, typed + " …", arrived};
  auto form = reception.at.forms.form(reception.request_of(from, opening.ask, {}));
  if (!form) {  // a parser may refuse the bare verb where its form does not
    opening.ask = bot::Invocation{bare_verb(typed), named_incident(typed), {}};
    form = reception.at.forms.form(reception.request_of(from, opening.ask, {}));
  }
  if (!form) return say(given, from, fields, refusal);
  if (given->give("")) modals.open(std::move(opening));
}

class TheInbox : public Inbox {
 public:
  explicit TheInbox(const InboxPlaces& places) : parts_(std::make_shared<Parts>(places)) {
    parts_->reception.belongs_to(parts_);
    places.workspace->on_room_refused([whole = std::weak_ptr<Parts>(parts_)](std::int64_t incident, const std::string& why) {
      if (const auto parts = whole.lock()) parts->reception.room_refused(incident, why);
    });
    places.workspace->on_named([whole = std::weak_ptr<Parts>(parts_)](const std::string& person) {
      if (const auto parts = whole.lock()) parts->reception.person_named(person);
    });
    parts_->captures.resume();
  }
  ~TheInbox() override { stop(); }

  void command(const Fields& fields, Answer answer, std::optional<bot::Time> sent) override {
    heard();
    parts_->command(fields, std::move(answer), sent);
  }
  void interaction(const json& payload, Answer answer, std::optional<bot::Time> sent) override {
    heard();
    parts_->interactions.take(payload, std::move(answer), sent);
  }
  void event(const json& envelope, Answer answer) override {
    heard();
    parts_->events.take(envelope, std::move(answer));
  }
  void stop() override {
    parts_->captures.stop();
    parts_->reception.stop();
  }

 private:
  /// What Slack delivers shows that it is there, whichever way it came.
  void heard() { parts_->reception.at.workspace->heard(parts_->reception.at.clock.now()); }
  std::shared_ptr<Parts> parts_;
};

}  // namespace

std::shared_ptr<Inbox> make_inbox(const InboxPlaces& places) { return std::make_shared<TheInbox>(places); }

}  // namespace slack
