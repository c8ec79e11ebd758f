// matrix: which homeserver, who the bot is there, whom it obeys, and what its rooms are like.
#include <algorithm>

#include "integrations/settings/checks.hpp"
#include "integrations/settings/sections.hpp"
#include "integrations/text/address.hpp"

namespace settings {
namespace {

/// "example.org", "matrix.example.org:8448", "[::1]:8448".
bool is_server_name(const std::string& name) {
  return !name.empty() && name.size() <= 230 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
}

/// Room versions are opaque: at most 32 of a-z, 0-9, ".", "-" (specification, "Room version grammar").
bool is_room_version(const std::string& v) {
  return v.size() <= 32 && std::all_of(v.begin(), v.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; });
}

void check_ids(Mapping& in, const std::string& key, const std::vector<std::string>& ids, const std::string& sigils, const std::string& words) {
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (!is_matrix_id(ids[i], sigils)) in.report().about(in.path_of(key) + "[" + std::to_string(i) + "]", words);
  check_unique(ids, in.path_of(key), in.report());
}

void read_trust(Mapping& in, bot::MatrixSettings& out) {
  in.texts("control_rooms", out.control_rooms);
  check_ids(in, "control_rooms", out.control_rooms, "#!", "must look like #operations:example.org or !id:example.org");
  in.texts("allowed_users", out.allowed_users);
  check_ids(in, "allowed_users", out.allowed_users, "@", "must look like @alice:example.org");
  std::vector<std::string> servers;
  in.texts("allowed_servers", servers);
  if (in.has("allowed_servers")) out.allowed_servers = servers;
  for (std::size_t i = 0; i < servers.size(); ++i)
    if (!is_server_name(servers[i]))
      in.report().about(in.path_of("allowed_servers") + "[" + std::to_string(i) + "]", "must be a server's name like example.org");
}

void read_typing(Mapping& in, bot::MatrixSettings& out) {
  in.texts("prefixes", out.prefixes);
  if (out.prefixes.empty()) in.report().about(in.path_of("prefixes"), "must hold at least one word, for example !incident");
  for (std::size_t i = 0; i < out.prefixes.size(); ++i) {
    const std::string& p = out.prefixes[i];
    if (p.size() < 3 || p.size() > 32 || p[0] != '!' || !is_name(p.substr(1)))
      in.report().about(in.path_of("prefixes") + "[" + std::to_string(i) + "]", "must be \"!\" and one word, for example !incident");
  }
  in.text("pin_reaction", out.pin_reaction);
  if (out.pin_reaction.size() > 32) in.report().about(in.path_of("pin_reaction"), "must be one emoji");
}

void read_rooms(Mapping& in, bot::MatrixSettings& out) {
  in.text("room_version", out.room_version);
  if (!is_room_version(out.room_version)) in.report().about(in.path_of("room_version"), "must be a room version like \"11\" or \"12\"");
  in.flag("federate", out.federate);
  in.text("history_visibility", out.history_visibility);
  if (out.history_visibility == "world_readable")
    in.report().about(in.path_of("history_visibility"), "must not be world_readable: anybody could read your incidents. Use shared, joined or invited");
  else
    check_known(out.history_visibility, {"shared", "joined", "invited"}, in.path_of("history_visibility"), "a history visibility", in.report());
  in.text("space", out.space);
  if (!out.space.empty() && !is_matrix_id(out.space, "#!")) in.report().about(in.path_of("space"), "must look like #ops:example.org or !id:example.org");
  in.number("messages_per_minute", out.messages_per_minute, 0, 60000);
}

void read_app_service(Mapping& in, bot::MatrixAppService& out) {
  in.text("id", out.id, Need::required);
  if (!out.id.empty() && !is_name(out.id)) in.report().about(in.path_of("id"), "must be one word of letters, digits, \"-\", \"_\" and \".\"");
  in.secret("as_token", out.as_token, Need::required);
  in.secret("hs_token", out.hs_token, Need::required);
  if (!out.as_token.empty() && out.as_token.reveal() == out.hs_token.reveal())
    in.report().about(in.path_of("hs_token"), "must not be the same as as_token: each side proves itself with its own");
  in.url("url", out.url);
  out.url = text::without_slash(out.url);
  in.text("device_id", out.device_id);
  if (!is_name(out.device_id)) in.report().about(in.path_of("device_id"), "must be one word of letters, digits, \"-\", \"_\" and \".\"");
}

}  // namespace

bool is_matrix_id(const std::string& id, const std::string& sigils) {
  if (id.size() < 4 || id.size() > 255 || sigils.find(id[0]) == std::string::npos) return false;
  if (std::any_of(id.begin(), id.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; })) return false;
  const auto colon = id.find(':');
  if (colon == std::string::npos) return id[0] == '!';  // room version 12: an id without a server
  return colon > 1 && colon + 1 < id.size();
}

void read_matrix(Mapping& in, bot::MatrixSettings& out) {
  in.url("homeserver_url", out.homeserver_url, Need::required);
  out.homeserver_url = text::without_slash(out.homeserver_url);
  in.text("user_id", out.user_id, Need::required);
  if (!out.user_id.empty() && !is_matrix_id(out.user_id, "@")) in.report().about(in.path_of("user_id"), "must look like @muster:example.org");
  const bool serves = in.section("app_service", [&](Mapping& service) { read_app_service(service, out.app_service); });
  in.secret("access_token", out.access_token, serves ? Need::optional : Need::required);
  if (serves && !out.access_token.empty())
    in.report().about(in.path_of("access_token"), "must not be set together with app_service: the bot is either a plain account or an application service");
  in.text("announce_room", out.announce_room);
  if (!out.announce_room.empty() && !is_matrix_id(out.announce_room, "#!"))
    in.report().about(in.path_of("announce_room"), "must look like #incidents:example.org or !id:example.org");
  read_trust(in, out);
  read_typing(in, out);
  read_rooms(in, out);
}

}  // namespace settings
