#include "bot/main_people.hpp"

#include <nlohmann/json.hpp>

#include "bot/main_serve.hpp"
#include "integrations/cli/control_socket.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/console/invite.hpp"
#include "integrations/settings/checks.hpp"
#include "integrations/storage/open_store.hpp"

namespace bot {
namespace {

using nlohmann::json;

/// "Dana O'Neil" → "dana-o-neil".
std::string id_from(const std::string& name) {
  std::string id;
  for (const char c : name) {
    const char l = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9');
    if (fits) id += l;
    else if (!id.empty() && id.back() != '-') id += '-';
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id;
}

/// Somebody whose id or name is one slip away from `name`.
std::optional<Person> near_person(const People& people, const std::string& name) {
  std::vector<std::string> words;
  for (const auto& person : people.all()) {
    if (person.id.find(':') != std::string::npos) continue;  // only met in a chat
    words.push_back(person.name);
    words.push_back(person.id);
  }
  const std::string near = settings::nearest(name, words);
  return near.empty() ? std::nullopt : people.by_word(near);
}

std::string count_of(int n, const char* one, const char* many) { return std::to_string(n) + " " + (n == 1 ? one : many); }

/// A store of this process alone: nobody serves it.
struct Alone {
  std::unique_ptr<Clock> clock = system_clock();
  std::unique_ptr<Random> random = system_random();
  std::unique_ptr<IdSource> ids = system_ids(*clock, *random);
  std::unique_ptr<storage::Opened> opened;
  People people;
  Env env() { return {*clock, *ids, *random}; }
  Status open(const Settings& settings) {
    auto store = storage::open_store(settings.store_url, env());
    if (!store) return store.error();
    opened = *std::move(store);
    learn_people(people, settings, opened->reader());
    return Done{};
  }
  PeopleDesk desk(const Settings& settings) { return {opened->credentials(), people, env(), settings.server.console_url}; }
};

/// The server's answer; nullopt: none is running.
Result<std::optional<json>> ask_server(const Settings& settings, const char* verb, const std::string& name) {
  const auto answer = cli::control_call(cli::control_path(database_file(settings.store_url)), codec::dump(json{{"verb", verb}, {"name", name}}));
  if (!answer && answer.error().kind == ErrorKind::not_found) return std::optional<json>();
  if (!answer) return answer.error();
  auto said = codec::parse(*answer);
  if (!said) return fail(ErrorKind::rejected, "The server's answer could not be read.");
  if (!said->value("ok", false)) return fail(ErrorKind::rejected, said->value("message", "The server refused."));
  return std::optional<json>(*std::move(said));
}

}  // namespace

void learn_people(People& people, const Settings& settings, Reader& reader) {
  if (auto stored = reader.people())
    for (const auto& person : *stored) people.put(person);
  for (const auto& person : settings.people) people.put(person);
}

Result<Invited> invite_person(const PeopleDesk& desk, const std::string& name, bool admin, int minutes) {
  Invited out;
  auto person = desk.people.by_word(name);
  if (!person) {
    Person fresh;
    fresh.id = id_from(name);
    if (fresh.id.empty() || name.size() > 100)
      return fail(ErrorKind::invalid_input, "Nobody was invited: the name needs letters or digits, and at most 100 characters. For example: muster invite Dana");
    fresh.name = name;
    fresh.admin = admin;
    out.note = "New person " + name + " (id " + fresh.id + ").";
    if (const auto near = near_person(desk.people, name))
      out.note += " Did you mean " + near->name + "? Then end this link with \"muster sign-out " + fresh.id + "\" and type: muster invite " + near->id;
    if (auto put = desk.credentials.put_person(fresh); !put) return put.error();
    desk.people.put(fresh);
    person = std::move(fresh);
  }
  auto link = console::make_invite(desk.credentials, desk.env, person->id, desk.console_url, minutes);
  if (!link) return link.error();
  out.link = *std::move(link);
  return out;
}

Result<std::string> sign_out_person(const PeopleDesk& desk, const std::string& name, const std::function<void(const std::string&)>& ended) {
  const auto person = desk.people.by_word(name);
  const std::string shown = person ? person->name : name;
  // Somebody taken out of the settings is known by their sign-ins alone: under the very id, or what an invitation made of the name.
  const std::vector<std::string> ids = person ? std::vector<std::string>{person->id} : std::vector<std::string>{name, id_from(name)};
  Result<SignedOut> out = SignedOut{};
  bool nothing = true;
  for (std::size_t i = 0; i < ids.size() && nothing; ++i) {
    out = desk.credentials.sign_out(ids[i], desk.env.clock.now());
    if (!out) return out.error();
    if (ended) ended(ids[i]);
    nothing = out->sessions == 0 && out->invites == 0;
  }
  if (!person && nothing) {
    const auto near = near_person(desk.people, name);
    return fail(ErrorKind::not_found, "Nobody is called \"" + name + "\", and nobody of that name is signed in." + (near ? " Did you mean " + near->name + "? Type: muster sign-out " + near->id : ""));
  }
  if (nothing) return shown + " was not signed in and had no unused link.";
  return "Signed out " + shown + ": " + count_of(out->sessions, "sign-in", "sign-ins") + " and " + count_of(out->invites, "unused link", "unused links") + " ended.";
}

std::string answer_control(const PeopleDesk& desk, const std::string& request, const std::function<void(const std::string&)>& ended) {
  const auto refusal = [](const std::string& words) { return codec::dump(json{{"ok", false}, {"message", words}}); };
  const auto asked = codec::parse(request);
  if (!asked || !asked->is_object() || !asked->contains("name") || !(*asked)["name"].is_string()) return refusal("This server knows no such request.");
  const std::string name = (*asked)["name"].get<std::string>(), verb = asked->value("verb", "");
  if (verb == "invite") {
    const auto invited = invite_person(desk, name, false, kInviteMinutes);
    return invited ? codec::dump(json{{"ok", true}, {"link", invited->link}, {"note", invited->note}}) : refusal(invited.error().message);
  }
  if (verb == "sign-out") {
    const auto done = sign_out_person(desk, name, ended);
    return done ? codec::dump(json{{"ok", true}, {"said", *done}}) : refusal(done.error().message);
  }
  return refusal("This server knows no such request.");
}

Result<Invited> invite_through(const Settings& settings, const std::string& name) {
  const auto said = ask_server(settings, "invite", name);
  if (!said) return said.error();
  if (*said) return Invited{(*said)->value("link", ""), (*said)->value("note", "")};
  Alone alone;
  if (const auto opened = alone.open(settings); !opened) return opened.error();
  return invite_person(alone.desk(settings), name, false, kInviteMinutes);
}

Result<std::string> sign_out_through(const Settings& settings, const std::string& name) {
  const auto said = ask_server(settings, "sign-out", name);
  if (!said) return said.error();
  if (*said) return (*said)->value("said", "");
  Alone alone;
  if (const auto opened = alone.open(settings); !opened) return opened.error();
  return sign_out_person(alone.desk(settings), name, {});
}

}  // namespace bot
