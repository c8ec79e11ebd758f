// One-time links into the console: made by main at start, by `muster invite`, and later by the chats.
// Threads: any.
#pragma once

#include "bot/store.hpp"

namespace console {

/// "<console_url>/login/<token>", usable once within `minutes`. The token is 256 random bits; only its hash is stored.
/// Whoever holds the link can sign in as `person`: print it to a terminal or a 0600 file, never to a log.
bot::Result<std::string> make_invite(bot::Credentials& credentials, bot::Env env, const std::string& person, const std::string& console_url,
                                     int minutes);

/// A random token fit for a URL, a cookie or a form field.
std::string random_token(bot::Random& random, std::size_t bytes = 32);

}  // namespace console
