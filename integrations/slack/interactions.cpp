#include "integrations/slack/interactions.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/payload.hpp"
#include "integrations/text/html.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr std::size_t kTitle = 150;

const char* const kNotOurs = "Not recorded: this Muster belongs to another Slack workspace or app.";

/// Calls `otherwise` when the answer is dropped uncalled: the work could not be recorded, and Slack does not send a press again.
Answer answer_or(Answer answer, std::function<void()> otherwise) {
  struct Guard {
    Answer answer;
    std::function<void()> otherwise;
    ~Guard() {
      if (answer) otherwise();
    }
  };
  auto guard = std::make_shared<Guard>();
  guard->answer = std::move(answer);
  guard->otherwise = std::move(otherwise);
  return [guard](std::string body) {
    const Answer given = std::move(guard->answer);
    guard->answer = nullptr;
    if (given) given(std::move(body));
  };
}

std::string first_line(const std::string& text) { return text::shorten(text::clean(text.substr(0, text.find('\n')), true), kTitle); }

std::optional<Origin> origin_of(const json& payload) {
  const json& message = object_of(payload, "message");
  Origin origin;
  origin.channel = text_of(object_of(payload, "channel"), "id");
  origin.ts = text_of(message, "ts");
  if (origin.ts.empty()) origin.ts = text_of(payload, "message_ts");
  origin.thread = text_of(message, "thread_ts");
  if (!is_ts(origin.thread) || origin.thread == origin.ts) origin.thread.clear();
  origin.text = words_of(message);
  read_author(message, origin);
  if (!is_id(origin.channel) || !is_ts(origin.ts)) return std::nullopt;
  return origin;
}

}  // namespace

bool Interactions::is_ours(const json& payload) const {
  std::string team = text_of(object_of(payload, "team"), "id");
  if (team.empty()) team = text_of(object_of(payload, "user"), "team_id");  // Enterprise Grid: `team` may be null
  return reception_.at.workspace->is_ours(team, text_of(object_of(payload, "enterprise"), "id"), text_of(payload, "api_app_id"));
}

void Interactions::take(const json& payload, Answer answer, std::optional<bot::Time> sent) {
  const std::string type = text_of(payload, "type");
  const json& user = object_of(payload, "user");
  const std::string name = text_of(user, "name").empty() ? text_of(user, "username") : text_of(user, "name");
  Opening opening;
  opening.from = {text_of(user, "id"), name, text_of(object_of(payload, "channel"), "id")};
  opening.trigger = text_of(payload, "trigger_id");
  opening.response_url = text_of(payload, "response_url");
  opening.arrived = reception_.at.clock.monotonic();
  if (!is_id(opening.from.user)) return answer("");
  if (!is_ours(payload)) return turn_away(type, opening, answer, kNotOurs);
  reception_.admit(opening.from, text_of(user, "team_id"), false, [this, payload, opening, answer, sent, type](const std::string& refusal) mutable {
    if (!refusal.empty()) return turn_away(type, opening, answer, refusal);
    admitted(type, payload, std::move(opening), std::move(answer), sent);
  });
}

void Interactions::turn_away(const std::string& type, const Opening& opening, const Answer& answer, const std::string& why) {
  if (type == "view_submission") return answer(Modals::update_answer(notice_view("Muster", words(why), reception_.view(0))));
  reception_.tell(opening.from, opening.response_url, words(why));
  answer("");
}

void Interactions::admitted(const std::string& type, const json& payload, Opening opening, Answer answer, std::optional<bot::Time> sent) {
  if (type == "block_actions") return pressed(payload, std::move(opening), std::move(answer), sent);
  if (type == "view_submission") return submitted(payload, opening.from, std::move(answer), sent);
  if (type == "shortcut" || type == "message_action") return shortcut(payload, std::move(opening), std::move(answer));
  answer("");
}

void Interactions::pressed(const json& payload, Opening opening, Answer answer, std::optional<bot::Time> sent) {
  const json& actions = list_of(payload, "actions");
  const json none = json::object();
  const json& action = actions.empty() ? none : actions.front();
  const std::string command = text_of(action, "value"), id = text_of(action, "action_id");
  if (text_of(action, "type") != "button" || command.empty()) return answer("");
  if (id.rfind("run:", 0) == 0) return run(payload, action, std::move(opening), std::move(answer), sent);
  if (id.rfind("form:", 0) == 0) {
    opening.ask = bot::Typed{command};
    opening.instead = command + " …";
    modals_.open(std::move(opening));
  }
  answer("");
}

/// The acknowledgement waits for the disk, so that a press that Slack shows as taken is not lost; what came of it follows privately.
void Interactions::run(const json& payload, const json& action, Opening opening, Answer answer, std::optional<bot::Time> sent) {
  bot::Request asked = reception_.request_of(opening.from, bot::Typed{text_of(action, "value")}, sent);
  asked.dedup_keys = {"slack:trigger:" + opening.trigger + ":" + text_of(action, "action_ts")};
  const bool in_view = text_of(object_of(payload, "container"), "type") == "view";
  auto given = reception_.deadlines.watch(std::move(answer), "");
  reception_.at.intake.submit(std::move(asked), [this, given, opening, in_view, here = reception_.whole()](const bot::Reply& reply) {
    given->give("");
    const auto alive = here.lock();
    if (!alive) return;
    if (!in_view) return reception_.tell(opening.from, opening.response_url, reply);
    modals_.show_reply(opening, reply);
    home_.publish(opening.from.user, "");
  });
}

void Interactions::shortcut(const json& payload, Opening opening, Answer answer) {
  const std::string callback = text_of(payload, "callback_id");
  if (callback == "add_to_timeline") return add_to_timeline(payload, std::move(opening), std::move(answer));
  const bool from_message = callback == "declare_from_message";
  if (callback != "declare_incident" && !from_message) return answer("");
  opening.ask = bot::Invocation{"declare", {}, {}};
  opening.instead = "declare " + reception_.at.settings.incidents.severity_when_unnamed() + " what is wrong";
  if (from_message) opening.origin = origin_of(payload);
  if (opening.origin) opening.filled["title"] = first_line(opening.origin->text);
  modals_.open(std::move(opening));
  answer("");
}

void Interactions::add_to_timeline(const json& payload, Opening opening, Answer answer) {
  const auto origin = origin_of(payload);
  const auto incident = origin ? reception_.at.reader.incident_of(bot::RoomKey{"slack", origin->channel}) : std::optional<std::int64_t>();
  if (!origin || !incident) {
    reception_.tell(opening.from, opening.response_url, words(origin ? "Not recorded: Muster's store does not answer. Try again in a moment."
                                                       : "Not recorded: Slack did not say which message was meant."));
    return answer("");
  }
  if (*incident) {
    const std::string url = opening.response_url;
    auto otherwise = [this, url, from = opening.from, here = reception_.whole()] {
      if (const auto alive = here.lock()) reception_.tell(from, url, words("Not recorded: Muster is too busy right now. Use the shortcut again in a moment."));
    };
    return put(opening.from, *origin, files_of(object_of(payload, "message")), **incident, "shortcut:" + opening.trigger,
               answer_or(std::move(answer), std::move(otherwise)));
  }
  opening.instead = "note what the message says";
  const From from = opening.from;
  modals_.show(std::move(opening), [this, from, origin = *origin] { return pick(from, origin); });
  answer("");
}

/// The incidents this person may add to, newest first.
std::string Interactions::pick(const From& from, const Origin& origin) const {
  const auto open = reception_.at.reader.incidents({true, 0, 100, true});
  if (!open) return notice_view("Muster", words("Not recorded: Muster's store does not answer. Try again in a moment."), reception_.view(0));
  const auto person = reception_.at.people.by_identity("slack", from.user);
  std::vector<bot::Choice> choices;
  for (const auto& incident : *open)
    if (!incident.is_private || (person && incident.members.count(person->id) > 0))
      choices.push_back({std::to_string(incident.number), incident.name() + " " + incident.severity + " " + incident.title});
  if (choices.empty())
    return notice_view("Muster", words("There is no open incident to add it to. Declare one from the message's menu."), reception_.view(0));
  Ticket ticket;
  ticket.verb = "capture";
  ticket.room = from.room;
  ticket.origin = origin;
  return pick_view(choices, ticket);
}

void Interactions::put(const From& from, const Origin& origin, std::vector<std::pair<std::string, std::string>> files, std::int64_t incident,
                       const std::string& key, Answer answer) {
  Work work;
  work.key = key;
  work.kind = "put";
  work.from = from;
  work.message = origin;
  work.files = std::move(files);
  work.incident = incident;
  work.told = true;
  captures_.take(std::move(work), {"slack:" + key}, std::move(answer));
}

void Interactions::submitted(const json& payload, const From& from, Answer answer, std::optional<bot::Time> sent) {
  const json& view = object_of(payload, "view");
  const std::string callback = text_of(view, "callback_id");
  if (callback == kPickCallback) return picked(view, from, std::move(answer));
  if (callback != kFormCallback) return answer("");
  modals_.submitted(payload, from, std::move(answer), sent, [this, from](const Ticket& ticket, const bot::Reply& reply) {
    if (!ticket.origin || !reply.incident) return;
    put({from.user, from.name, ticket.origin->channel}, *ticket.origin, {}, *reply.incident,
        "declared:" + std::to_string(*reply.incident) + ":" + message_key(*ticket.origin), [](const std::string&) {});
  });
}

void Interactions::picked(const json& view, const From& from, Answer answer) {
  const auto ticket = decode_ticket(text_of(view, "private_metadata"));
  const auto fields = entered(view);
  const auto number = fields.empty() ? std::nullopt : bot::incident_number(fields.front().value);
  if (!ticket || !ticket->origin || !number)
    return answer(Modals::update_answer(notice_view("Muster", words("Not recorded: this form is not one that Muster made lately. Use the shortcut again."), reception_.view(0))));
  const std::string clear = R"({"response_action":"clear"})";
  const std::string refusal = Modals::errors_answer(fields.front().block, "Not recorded: Muster is too busy right now. Send it again in a moment.");
  auto once = std::make_shared<Acknowledgement>(std::move(answer));
  put({from.user, from.name, ticket->origin->channel}, *ticket->origin, {}, *number, "picked:" + text_of(view, "id") + ":" + text_of(view, "hash"),
      answer_or([once, clear](const std::string&) { once->give(clear); }, [once, refusal] { once->give(refusal); }));
}

}  // namespace slack
