#include "integrations/matrix/registration.hpp"

#include "bot/addressing.hpp"
#include "integrations/text/address.hpp"

namespace matrix {
namespace {

/// Single-quoted YAML: only the quote itself is special.
std::string quoted(const std::string& s) {
  std::string out = "'";
  for (const char c : s) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

std::string regex_of(const std::string& words) {
  std::string out;
  for (const char c : words) {
    if (std::string(".^$*+?()[]{}|\\/-").find(c) != std::string::npos && c != '/' && c != '-') out += '\\';
    out += c;
  }
  return out;
}

/// What all the rooms' aliases begin with, as room names are written: "INC-{number}" → "inc-".
std::string alias_prefix(const std::string& pattern) {
  const std::string first = bot::room_name(pattern.substr(0, pattern.find('{')) + "{number}", 1, "");
  return first.substr(0, first.size() - 1);
}

/// With a fixed beginning the aliases are Muster's alone. Without one they could be anybody's: Muster may make them, and so may others.
std::string alias_entry(const bot::Settings& settings) {
  const std::string prefix = alias_prefix(settings.incidents.room_name), server = ":" + regex_of(settings.matrix.server_name());
  if (prefix.size() >= 2) return "    - exclusive: true\n      regex: " + quoted("#" + regex_of(prefix) + ".*" + server) + "\n";
  return "    - exclusive: false\n      regex: " + quoted("#[a-z0-9_-]*[0-9][a-z0-9_-]*" + server) + "\n";
}

/// The space is Muster's to make, or a person's who made it before.
std::string space_entry(const bot::MatrixSettings& matrix) {
  if (matrix.space.empty() || matrix.space[0] != '#') return "";
  return "    - exclusive: false\n      regex: " + quoted(regex_of(matrix.space)) + "\n";
}

std::string localpart(const std::string& user_id) { return user_id.substr(1, user_id.find(':') - 1); }

}  // namespace

std::string registration(const bot::Settings& settings) {
  const auto& matrix = settings.matrix;
  const auto& service = matrix.app_service;
  const std::string url = text::without_slash(service.url.empty() ? settings.server.public_url : service.url);
  std::string out =
      "# Muster's registration at the homeserver. It holds secrets: readable by the homeserver only.\n"
      "id: " + quoted(service.id) + "\n"
      "url: " + quoted(url) + "\n"
      "as_token: " + quoted(service.as_token.reveal()) + "\n"
      "hs_token: " + quoted(service.hs_token.reveal()) + "\n"
      "sender_localpart: " + quoted(localpart(matrix.user_id)) + "\n"
      "rate_limited: false\n"
      "receive_ephemeral: false\n"
      "namespaces:\n"
      "  users: []\n";
  return out + "  aliases:\n" + alias_entry(settings) + space_entry(matrix) + "  rooms: []\n";
}

std::string registration_steps(const bot::Settings& settings, const std::string& file) {
  const auto& service = settings.matrix.app_service;
  const std::string url = service.url.empty() ? settings.server.public_url : service.url;
  return "Written to " + file + " (readable by you alone; it holds secrets).\n"
         "Next:\n"
         "  1. Copy it to the homeserver's machine, readable by the homeserver.\n"
         "  2. Synapse: add its path to app_service_config_files in homeserver.yaml and restart. Others: see their manual.\n"
         "  3. The homeserver must reach Muster at " + url + " (PUT /_matrix/app/v1/transactions/…).\n"
         "  4. Start Muster, then: muster matrix doctor --config FILE\n";
}

}  // namespace matrix
