#include "integrations/console/invite.hpp"

#include "integrations/http/signature.hpp"
#include "integrations/text/address.hpp"

namespace console {

std::string random_token(bot::Random& random, std::size_t bytes) {
  return http::base64url(random.bytes(bytes));
}

bot::Result<std::string> make_invite(bot::Credentials& credentials, bot::Env env, const std::string& person, const std::string& console_url,
                                     int minutes) {
  if (person.empty()) return bot::fail(bot::ErrorKind::invalid_input, "No link was made: name the person it is for.");
  if (minutes < 1)
    return bot::fail(bot::ErrorKind::invalid_input, "No link was made: it would end before it begins. Use at least one minute.");
  const std::string token = random_token(env.random);
  const bot::Status added = credentials.add_invite(token, person, env.clock.now() + std::chrono::minutes(minutes));
  if (!added) return added.error();
  return text::without_slash(console_url) + "/login/" + token;
}

}  // namespace console
