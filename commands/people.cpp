// Who is in it and who does what: join, leave, role.
#include "commands/draft.hpp"

namespace commands {
namespace {

using namespace bot;

Error tokens_cannot(const char* what) { return refused(ErrorKind::invalid_input, std::string("a token cannot ") + what + ". Type it as a person."); }

/// "You joined INC-7: #inc-7-checkout": where a chat has a room, that is where to go. Elsewhere the incident itself is, so the sentence says what it is.
Text with_room(const std::string& words, const Call& call) {
  const Incident& incident = call.incident();
  const bool has_room = incident.rooms.count(call.context.source) > 0;
  if (has_room) return {plain(words + ": "), room_of(incident.number)};
  return {plain(words + ", " + severity_name(incident.severity) + " "), plain(incident.title), plain(".")};
}

void parse_join(Line& line, const Settings&, const People&, Args& args) {
  if (!line.empty()) args.emplace_back("person", line.rest());
}

/// Somebody in it lets somebody else in: the only door to a private incident.
Result<Decision> add_somebody(const Call& call) {
  const Incident& incident = call.incident();
  auto person = person_named(call, call.arg("person"));
  if (!person) return person.error();
  Draft draft(incident.number, call.context);
  draft.send(InvitePeople{{person->id}, {}});
  if (incident.members.count(person->id) > 0) {
    draft.reply({plain("@" + person->name + " is already in " + incident.name() + ". The invitation is sent again.")}, Tone::neutral);
    return draft.done();
  }
  draft.meet(*person);
  draft.record(EntryKind::joined, "", {{"person", person->id}});
  draft.reply({plain("@" + person->name + " is in " + incident.name() + " now.")});
  return draft.done();
}

Result<Decision> decide_join(const Call& call) {
  const Incident& incident = call.incident();
  const Actor& actor = call.context.actor;
  const std::string& word = call.arg("person");
  if (!word.empty() && !same(word, "me") && !same(word, "@me")) return add_somebody(call);
  if (actor.kind != ActorKind::person) return tokens_cannot("join an incident");
  if (incident.members.count(actor.id) > 0) {
    Draft draft(incident.number, call.context);  // perhaps they left the room: the invitation is free
    draft.send(InvitePeople{{actor.id}, {}});
    draft.reply(with_room("You are already in " + incident.name(), call), Tone::neutral);
    return draft.done();
  }
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::joined, "", {{"person", actor.id}});
  draft.send(InvitePeople{{actor.id}, {}});  // the room sees the invitation; a message beside it would be an echo
  draft.reply(with_room("You joined " + incident.name(), call));
  return draft.done();
}

Result<Decision> decide_leave(const Call& call) {
  const Incident& incident = call.incident();
  const Actor& actor = call.context.actor;
  if (actor.kind != ActorKind::person) return tokens_cannot("leave an incident");
  for (const auto& [role, person] : incident.roles)
    if (person == actor.id)
      return refused(ErrorKind::conflict, "you are " + role + " of " + incident.name() + ". Hand it over first: " +
                                              typed(call, "role " + role + " PERSON") + ", or release it: " + typed(call, "role " + role + " none"));
  if (incident.members.count(actor.id) == 0) return already(incident, {plain("You are not in " + incident.name() + ". Nothing recorded.")});
  Draft draft(incident.number, call.context);
  draft.record(EntryKind::left, "", {{"person", actor.id}});
  draft.say_recorded();
  draft.reply({plain("You left " + incident.name() + ".")});
  return draft.done();
}

void parse_role(Line& line, const Settings& settings, const People& people, Args& args) {
  if (line.empty()) return;
  std::string first = line.word();
  std::string rest = line.rest();
  const auto& roles = settings.incidents.roles;
  const bool swapped = one_of(first, roles) == nullptr && one_of(rest, roles) != nullptr && people.by_word(first);  // "role @bob commander"
  if (swapped) std::swap(first, rest);
  args.emplace_back("role", std::move(first));
  if (!rest.empty()) args.emplace_back("person", std::move(rest));
}

bool nobody(const std::string& word) { return same(word, "none") || same(word, "nobody") || word == "-"; }

/// What a role change needs to know.
struct Change {
  const Call& call;
  const Incident& incident;
  const std::string& role;
  std::string holder;  ///< now; "" when nobody
};

Facts role_facts(const Change& change, const std::string& person, const char* how) {
  Facts facts{{"role", change.role}};
  if (!person.empty()) facts.emplace_back("person", person);
  facts.emplace_back("how", how);
  if (!change.holder.empty()) facts.emplace_back("from", change.holder);
  return facts;
}

void show_change(Draft& draft, const Change& change, const std::string& person) {
  if (change.role == "commander") {
    Incident next = outline(change.incident);
    if (person.empty()) next.roles.erase(change.role);
    else next.roles[change.role] = person;
    draft.retopic(next);
  }
  draft.redraw();
}

Result<Decision> release(const Change& change) {
  const std::string where = change.incident.name();
  if (change.holder.empty()) return already(change.incident, {plain("Nobody is " + change.role + " of " + where + ". Nothing recorded.")});
  Draft draft(change.incident.number, change.call.context);
  draft.record(EntryKind::role, "", role_facts(change, "", "released"));
  draft.say({name_of(change.holder), plain(" is no longer " + change.role + ". Nobody is now.")}, Tone::warning,
            {{"Claim " + change.role, "role " + change.role, true}});
  show_change(draft, change, "");
  draft.reply({plain("Nobody is " + change.role + " of " + where + " now.")});
  return draft.done();
}

Text told(const Change& change, const Person& person, const char* how) {
  const bool self = person.id == change.call.context.actor.id && change.call.context.actor.kind == ActorKind::person;
  Text text{self ? name_of(person.id) : mention(person.id), plain(" is " + change.role)};
  if (!self) {
    text.push_back(plain(std::string(how) == "handed_over" ? ", handed over by " : ", assigned by "));
    text.push_back(who(change.call.context.actor));
  }
  if (!change.holder.empty() && change.holder != change.call.context.actor.id) {
    text.push_back(plain(" (was "));
    text.push_back(mention(change.holder));
    text.push_back(plain(")"));
  }
  text.push_back(plain("."));
  return text;
}

Result<Decision> give(const Change& change, const Person& person) {
  const Context& context = change.call.context;
  const std::string where = change.incident.name();
  const bool self = context.actor.kind == ActorKind::person && person.id == context.actor.id;
  if (change.holder == person.id)
    return already(change.incident, {plain(self ? "You are" : "@" + person.name + " is"), plain(" already " + change.role + " of " + where + ". Nothing recorded.")});
  if (const Status may = may_hold(change.role, person.id, context.settings); !may) return at_field(refused(may), "person");
  const char* how = self ? "claimed" : change.holder == context.actor.id ? "handed_over" : "assigned";
  Draft draft(change.incident.number, context);
  draft.meet(person);
  draft.record(EntryKind::role, "", role_facts(change, person.id, how));
  if (change.incident.members.count(person.id) == 0) draft.send(InvitePeople{{person.id}, {}});  // before they are mentioned there
  draft.say(told(change, person, how));
  show_change(draft, change, person.id);
  draft.reply({plain(self ? "You are " : "@" + person.name + " is "), plain(change.role + " of " + where + ".")});
  return draft.done();
}

Decision which_role(const Call& call) {
  std::vector<Button> buttons;
  for (const auto& role : call.context.settings.incidents.roles)
    if (call.incident().roles.count(role) == 0) buttons.push_back({"Claim " + role, "role " + role, role == "commander"});
  Decision d = choices(call, missing(call, "the role", "role"), std::move(buttons));
  for (const auto& [role, person] : call.incident().roles) d.reply.card.facts.push_back({state_name(role), {name_of(person)}});
  return d;
}

Result<Decision> decide_role(const Call& call) {
  const Incident& incident = call.incident();
  const auto& roles = call.context.settings.incidents.roles;
  const std::string& word = call.arg("role");
  if (word.empty()) return which_role(call);
  const std::string* role = one_of(word, roles);
  if (role == nullptr)
    return at_field(refused(ErrorKind::invalid_input, shown(word) + " is not a role. Use " + listed(roles) + ", for example: " +
                                                         typed(call, "role " + (roles.empty() ? "ROLE" : nearest(word, roles, 1).front()))),
                    "role");
  const auto held = incident.roles.find(*role);
  const Change change{call, incident, *role, held == incident.roles.end() ? "" : held->second};
  const std::string& person_word = call.arg("person");
  if (nobody(person_word)) return release(change);
  const bool claim = person_word.empty();
  auto person = person_named(call, claim ? "me" : person_word);
  if (!person) return claim ? tokens_cannot("hold a role") : person.error();
  if (claim && !change.holder.empty() && change.holder != person->id)
    return at_field(refused(ErrorKind::conflict, "@" + call.context.people.name_of(change.holder) + " is " + *role + " of " + incident.name() +
                                                     ". To take over, type " + typed(call, "role " + *role + " me")),
                    "person");
  return give(change, *person);
}

constexpr Verb kVerbs[] = {
    {"join", "join [PERSON]", "Be part of an incident and get into its room, or let somebody in.", "join", true, false, Action::respond, parse_join, decide_join, nullptr},
    {"leave", "leave", "Step out of an incident.", "leave", true, false, Action::respond, nullptr, decide_leave, nullptr},
    {"role", "role ROLE [PERSON | none]", "Claim a role, give it to somebody, hand it over, or release it with none.", "role {role} @{person}", true, false,
     Action::respond, parse_role, decide_role, nullptr}};

}  // namespace

std::span<const Verb> people_verbs() { return kVerbs; }

}  // namespace commands
