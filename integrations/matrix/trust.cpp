#include "integrations/matrix/trust.hpp"

#include <algorithm>

#include "integrations/matrix/homeserver.hpp"

namespace matrix {
namespace {

bool among(const std::vector<std::string>& list, const std::string& value) { return std::find(list.begin(), list.end(), value) != list.end(); }

}  // namespace

bool looks_like_guest(const std::string& user_id) {
  const auto colon = user_id.find(':');
  return colon != std::string::npos && colon > 1 && std::all_of(user_id.begin() + 1, user_id.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) { return c >= '0' && c <= '9'; });
}

bool may_command(const std::string& user_id, const bot::MatrixSettings& settings, const bot::People& people) {
  const std::string server = server_of(user_id);
  if (server.empty() || user_id == settings.user_id) return false;
  if (among(settings.allowed_users, user_id)) return true;
  // Somebody the chat told us about is no person of the settings: their id then begins with "matrix:".
  if (const auto person = people.by_identity(kIntegration, user_id); person && person->id.rfind("matrix:", 0) != 0) return true;
  if (looks_like_guest(user_id)) return false;
  return settings.allowed_servers ? among(*settings.allowed_servers, server) : server == settings.server_name();
}

}  // namespace matrix
