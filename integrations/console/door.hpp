// Who is at the door: session cookie, same-origin rule, form token. Every console route asks here first.
// Place: called by the console's routes on the server's I/O threads.
// Threads: any; holds no state of its own.
#pragma once

#include "bot/people.hpp"
#include "bot/store.hpp"
#include "integrations/http/server.hpp"

namespace console {

/// A signed-in person and what their pages need.
struct Visitor {
  bot::Actor actor;
  std::string name;
  bot::Secret session;       ///< the raw token from the cookie
  std::string session_hash;  ///< names the session in memory and in dedup keys; says nothing about the token
  std::string form_token;    ///< goes into every form; derived from the session, so that no other site can know it
};

class Door {
 public:
  Door(bot::Credentials& credentials, bot::Reader& reader, const bot::Settings& settings, bot::People& people, bot::Env env);

  /// The visitor of a request; nullopt: signed out. Error: sign-ins cannot be read now.
  bot::Result<std::optional<Visitor>> visitor(const http::Request& request) const;
  /// False once the session was ended or expired. When sign-ins cannot be read the answer is true: reading goes on as before.
  bool still_signed_in(const Visitor& visitor) const;
  /// False for somebody whom neither the settings nor the store name any more: taken out of the settings, their sign-ins and links open nothing.
  bot::Result<bool> knows(const std::string& person) const;
  bool form_token_ok(const Visitor& visitor, const std::string& token) const;

  static constexpr int kSessionDays = 30;
  std::string cookie(const http::Request& request, const std::string& session) const;  ///< Set-Cookie value
  std::string no_cookie(const http::Request& request) const;

 private:
  bool over_tls(const http::Request& request) const;
  std::string session_of(const http::Request& request) const;
  bot::Credentials& credentials_;
  bot::Reader& reader_;
  const bot::Settings& settings_;
  bot::People& people_;
  bot::Env env_;
};

/// True when a POST comes from a page of this very server: Sec-Fetch-Site says so, or Origin names this host or the public address.
/// Neither header: false; every browser of the last years sends one with a POST.
bool from_our_page(const http::Request& request, const std::string& console_url);

/// True for a link followed from another site, where a SameSite=Strict cookie stays at home although the person is signed in.
bool came_from_elsewhere(const http::Request& request);

}  // namespace console
