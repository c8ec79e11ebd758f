// Who may sign in to the console: links for people, and their end. For the running server and for the short verbs alike.
// Place: main.cpp (through the server's socket, else straight into the store) and main_serve.cpp.
#pragma once

#include <functional>

#include "bot/people.hpp"
#include "bot/settings.hpp"
#include "bot/store.hpp"

namespace bot {

constexpr int kInviteMinutes = 24 * 60;

struct PeopleDesk {
  Credentials& credentials;
  People& people;
  Env env;
  const std::string& console_url;
};

/// A link, and what the inviter should know about it: "" or "New person Bobb (id bobb). …".
struct Invited { std::string link, note; };

/// A one-time console link for somebody by id or name; a name nobody has yet becomes a new person (a responder unless `admin`), and `note` says so.
Result<Invited> invite_person(const PeopleDesk& desk, const std::string& name, bool admin, int minutes);

/// Ends every sign-in and unused link of somebody by id or name, known still or not; what was done, in words.
/// `ended` hears the person's id, so that open pages close at once.
Result<std::string> sign_out_person(const PeopleDesk& desk, const std::string& name, const std::function<void(const std::string&)>& ended);

/// Requests as they go over the server's socket, and their answer: {"verb":"invite"|"sign-out","name":…}.
std::string answer_control(const PeopleDesk& desk, const std::string& request, const std::function<void(const std::string&)>& ended);

/// The same from another process: through the running server when there is one, else straight into the store.
Result<Invited> invite_through(const Settings& settings, const std::string& name);
Result<std::string> sign_out_through(const Settings& settings, const std::string& name);

/// Everybody the store and the settings know; the settings have the last word.
void learn_people(People& people, const Settings& settings, Reader& reader);

}  // namespace bot
