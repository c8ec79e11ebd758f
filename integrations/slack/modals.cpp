#include "integrations/slack/modals.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/payload.hpp"
#include "integrations/text/html.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr bot::Millis kTrigger{2700}, kLeast{150};   // of Slack's 3,000 ms for the trigger, counted from the payload's arrival
constexpr bot::Millis kFill{8000}, kRoomTime{1100};
constexpr std::size_t kErrorWords = 500;

/// view_id and hash of an answer that holds a view.
struct Opened { std::string id, hash; };
Opened opened_of(const json& answer) {
  const json& view = object_of(answer, "view");
  return {text_of(view, "id"), text_of(view, "hash")};
}

bool same_value(const bot::Field& field, const std::string& a, const std::string& b, const bot::People& people) {
  if (field.kind != bot::FieldKind::person || a.empty() || b.empty()) return a == b;
  const auto one = people.by_word(a), other = people.by_word(b);
  return one && other ? one->id == other->id : a == b;
}

std::string shown_value(const bot::Field& field, const std::string& value, const bot::People& people) {
  if (const std::string label = label_of(field, value); !label.empty()) return label;
  if (field.kind == bot::FieldKind::person)
    if (const auto person = people.by_word(value)) return person->name;
  return text::shorten(value, 120);
}

/// What to say beside a field that no longer stands as it did when the form opened; "" = nothing that matters. Where the choices themselves tell
/// how things stand ("Commander: nobody yet"), the chosen one counts and what the form suggests does not.
std::string changed_words(const bot::Field& field, const std::string& was, const Entered* mine, const bot::People& people) {
  const std::string now = marks_of(field), current = field.initial, entered = mine == nullptr ? current : mine->value;
  if (was == now) return "";
  if (was.substr(was.find('.') + 1) != now.substr(now.find('.') + 1)) {
    const std::string label = label_of(field, entered);
    const bool told = mine == nullptr || mine->label.empty() || mine->label == label;
    return told ? "" : label.empty() ? "Changed while this form was open: that can no longer be chosen." : "Changed while this form was open: " + label + ".";
  }
  if (same_value(field, current, entered, people)) return "";
  return "Changed while this form was open: " + (current.empty() ? "nothing stands here any more." : "it is " + shown_value(field, current, people) + " now.");
}

}  // namespace

std::string Modals::update_answer(const std::string& view) { return R"({"response_action":"update","view":)" + view + "}"; }

std::string Modals::errors_answer(const std::string& block, const std::string& words) {
  const std::string said = text::shorten(text::clean(text::valid_utf8(words), true), kErrorWords);
  return codec::dump({{"response_action", "errors"}, {"errors", {{block, said.empty() ? "Not recorded." : said}}}});
}

void Modals::open(Opening opening) {
  show(opening, [this, opening] { return filled_view(opening); });
}

void Modals::show(Opening opening, std::function<std::string()> view) {
  const bool begun = reception_.later("open", [this, opening, view = std::move(view)] { run(opening, view); });
  if (!begun) reception_.tell(opening.from, opening.response_url, words("The form could not be opened: too much is waiting right now. Press again in a moment."));
}

/// The light view first: reading the incident may take longer than the trigger lives, and Slack's own answer does not become quicker by it.
void Modals::run(const Opening& opening, const std::function<std::string()>& view) {
  const bot::Millis left = kTrigger - (reception_.at.clock.monotonic() - opening.arrived);
  if (left < kLeast) return failed(opening, "Muster took too long");
  const Budget quick(reception_.at.clock, left, left);
  json answer;
  if (const auto problem = reception_.api.call("views.open", {{"trigger_id", opening.trigger}, {"view", loading_view("Muster")}}, quick, answer)) {
    const std::string& code = problem->code;
    const bool expired = code == "expired_trigger_id" || code == "trigger_expired" || code == "exchanged_trigger_id" || code == "trigger_exchanged";
    return failed(opening, expired ? "Slack waits only three seconds for it" : problem->words);
  }
  const Opened opened = opened_of(answer);
  const Budget budget(reception_.at.clock, kFill, kFill);
  bool doubted = false, rebuilt = false;
  for (int attempt = 0; attempt < 3; ++attempt) {
    Arguments arguments{{"view_id", opened.id}, {"view", view()}};
    if (!rebuilt && !opened.hash.empty()) arguments.emplace_back("hash", opened.hash);
    const auto problem = reception_.api.call("views.update", arguments, budget, answer);
    if (!problem || problem->code == "not_found") return;            // filled, or closed by the person meanwhile
    if (problem->code == "hash_conflict" && doubted) return;         // the update whose answer was lost is what changed it
    if (problem->code == "hash_conflict") rebuilt = true;            // somebody changed it: drawn anew from what is true now, and put over it
    else if (problem->outcome == Outcome::doubtful) doubted = true;
    else if (problem->outcome != Outcome::not_sent) return failed(opening, problem->words);
  }
  failed(opening, "Slack did not take it");
}

std::string Modals::filled_view(const Opening& opening) const {
  auto form = reception_.at.forms.form(reception_.request_of(opening.from, opening.ask, {}));
  if (!form) return notice_view("Muster", words(form.error().message), reception_.view(0));
  Ticket ticket;
  ticket.verb = form->verb;
  ticket.incident = form->incident;
  ticket.room = is_id(opening.from.room) ? opening.from.room : "";
  ticket.was = marks_of(*form);
  ticket.origin = opening.origin;
  for (auto& field : form->fields)
    if (const auto it = opening.filled.find(field.arg); field.initial.empty() && it != opening.filled.end()) field.initial = it->second;
  return form_view(*form, ticket, reception_.at.people);
}

void Modals::failed(const Opening& opening, const std::string& why) {
  bot::Card card;
  card.title = {bot::plain("The form could not be opened: " + why + ". Type "), bot::code(opening.instead), bot::plain(" instead, or press again.")};
  reception_.tell_person(opening.from, opening.response_url, card, 0);
}

void Modals::show_reply(const Opening& opening, const bot::Reply& reply) {
  const bot::Card card = card_of(reply);
  const std::int64_t incident = reply.incident.value_or(0);
  const bool begun = reception_.later("open", [this, opening, card, incident] {
    const bot::Millis left = kTrigger - (reception_.at.clock.monotonic() - opening.arrived);
    const Budget quick(reception_.at.clock, left, left);
    json answer;
    const std::string view = notice_view("Muster", card, reception_.view(incident));
    if (left < kLeast || reception_.api.call("views.open", {{"trigger_id", opening.trigger}, {"view", view}}, quick, answer))
      reception_.tell_person(opening.from, opening.response_url, card, incident);
  });
  if (!begun) reception_.tell(opening.from, opening.response_url, card, incident);
}

// ---- submissions ----

struct Modals::Submission {
  Ticket ticket;
  From from;
  std::string view_id, title;
  std::vector<Entered> fields;
  std::string first_block;  ///< of an input: where an error goes that belongs to no field
  std::vector<std::string> dedup_keys;
  std::optional<bot::Time> sent;
  std::shared_ptr<Acknowledgement> answer;
  Recorded recorded;
};

void Modals::submitted(const json& payload, const From& from, Answer answer, std::optional<bot::Time> sent, Recorded recorded) {
  const json& view = object_of(payload, "view");
  auto ticket = decode_ticket(text_of(view, "private_metadata"));
  const std::string id = text_of(view, "id");
  if (!ticket || !is_id(id)) {
    const auto card = words("Not recorded: this form is not one that Muster made lately. Close it and open it again.");
    return answer(update_answer(notice_view("Muster", card, reception_.view(0))));
  }
  auto submission = std::make_shared<Submission>();
  submission->ticket = *std::move(ticket);
  submission->from = {from.user, from.name, submission->ticket.room};
  submission->view_id = id;
  submission->title = text_of(object_of(view, "title"), "text");
  submission->fields = entered(view);
  if (!submission->fields.empty()) submission->first_block = submission->fields.front().block;
  submission->dedup_keys = {"slack:view:" + id + ":" + text_of(view, "hash")};
  submission->sent = sent;
  submission->recorded = std::move(recorded);
  const auto late = words("Being recorded: Muster is slow right now. What comes of it is shown here in a moment; do not send it again.");
  submission->answer = reception_.deadlines.watch(std::move(answer), update_answer(notice_view(submission->title, late, reception_.view(0))));
  const auto job = [this, submission] {
    if (submission->ticket.verb == "adopt")
      if (const std::string no = reception_.learn_room(submission->from, "", Budget(reception_.at.clock, kRoomTime, kRoomTime)); !no.empty())
        return (void)submission->answer->give(update_answer(notice_view(submission->title, words(no), reception_.view(0))));
    if (!changed_meanwhile(*submission)) submit(submission);
  };
  if (!reception_.later("forms", job)) submit(submission);
}

/// Two people with the same form: who comes second sees what the first one made of it, beside the field, before putting theirs over it.
bool Modals::changed_meanwhile(Submission& submission) {
  Ticket& ticket = submission.ticket;
  if (!ticket.incident || ticket.was.empty()) return false;
  auto now = reception_.at.forms.form(reception_.request_of(submission.from, bot::Invocation{ticket.verb, ticket.incident, {}}, {}));
  if (!now) return false;  // what it is refused for is better said by the decision itself
  std::map<std::string, std::string> notes;
  Ticket again = ticket;
  ++again.revision;
  for (auto& field : now->fields) {
    const auto mine = std::find_if(submission.fields.begin(), submission.fields.end(), [&field](const Entered& e) { return e.arg == field.arg; });
    const Entered* const entered = mine == submission.fields.end() ? nullptr : &*mine;
    again.was[field.arg] = marks_of(field);
    if (const auto was = ticket.was.find(field.arg); was != ticket.was.end())
      if (const std::string words = changed_words(field, was->second, entered, reception_.at.people); !words.empty()) notes[field.arg] = words;
    if (entered != nullptr) field.initial = entered->value;
  }
  if (notes.empty()) return false;
  submission.answer->give(update_answer(form_view(*now, again, reception_.at.people, notes,
                                                  "Not recorded yet: somebody else changed this while the form was open. Look at what is marked below and send it again if you still mean it.")));
  return true;
}

void Modals::submit(std::shared_ptr<Submission> submission) {
  bot::Invocation invocation{submission->ticket.verb, submission->ticket.incident, {}};
  for (const auto& field : submission->fields)
    if (!field.value.empty()) invocation.args.emplace_back(field.arg, field.value);
  bot::Request asked = reception_.request_of(submission->from, std::move(invocation), submission->sent);
  asked.dedup_keys = submission->dedup_keys;
  reception_.at.intake.submit(std::move(asked), [this, submission, here = reception_.whole()](const bot::Reply& reply) {
    const auto alive = here.lock();
    if (!alive) return;
    if (reply.status == bot::ReplyStatus::ok && reply.incident && opens_a_room(submission->ticket.verb)) reception_.awaits_room(*reply.incident, submission->from, "");
    if (reply.status == bot::ReplyStatus::ok && submission->recorded) submission->recorded(submission->ticket, reply);
    if (!submission->answer->give(answer_to(*submission, reply))) return answer_late(*submission, reply);
    // In a room the answer stands there privately, as after a typed command; elsewhere the modal itself shows it.
    if (reply.status == bot::ReplyStatus::ok && !submission->from.room.empty()) {
      const From from = submission->from;
      reception_.later("events", [this, from, reply] { reception_.tell_person(from, "", card_of(reply), reply.incident.value_or(0)); });
    }
  });
}

std::string Modals::answer_to(const Submission& submission, const bot::Reply& reply) const {
  const View drawing = reception_.view(reply.incident.value_or(0));
  if (reply.status == bot::ReplyStatus::ok && !submission.from.room.empty()) return R"({"response_action":"clear"})";
  // After a commit of unknown outcome a second press may be one too many, so the form does not stay.
  const bool shows_itself = reply.status == bot::ReplyStatus::ok || reply.status == bot::ReplyStatus::maybe_recorded || submission.first_block.empty();
  if (shows_itself) return update_answer(notice_view(submission.title, card_of(reply), drawing));
  std::string block = submission.first_block;
  for (const auto& field : submission.fields)
    if (field.arg == reply.field) block = field.block;
  return errors_answer(block, reply.beside.empty() ? sentence_of(card_of(reply), drawing) : reply.beside);
}

void Modals::answer_late(const Submission& submission, const bot::Reply& reply) {
  const std::string view = notice_view(submission.title, card_of(reply), reception_.view(reply.incident.value_or(0)));
  const std::string id = submission.view_id;
  const From from = submission.from;
  reception_.later("open", [this, id, view, from, reply] {
    const Budget budget(reception_.at.clock, kFill, kFill);
    json answer;
    if (reception_.api.call("views.update", {{"view_id", id}, {"view", view}}, budget, answer))
      reception_.tell_person(from, "", card_of(reply), reply.incident.value_or(0));
  });
}

}  // namespace slack
