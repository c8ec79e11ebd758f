#include "integrations/matrix/doctor.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "integrations/matrix/room_body.hpp"
#include "integrations/text/html.hpp"

namespace matrix {
namespace {

using nlohmann::json;
using Grade = Finding::Grade;

constexpr bot::Millis kEach{10000};

class Doctor {
 public:
  Doctor(const bot::Settings& settings, Api& api, bot::Env env) : settings_(settings), matrix_(settings.matrix), api_(api), env_(env) {}

  std::vector<Finding> run() {
    if (!reaches_homeserver()) return std::move(found_);
    if (!knows_account()) return std::move(found_);
    room_versions();
    if (!matrix_.announce_room.empty()) room("matrix.announce_room", matrix_.announce_room);
    for (std::size_t i = 0; i < matrix_.control_rooms.size(); ++i) room("matrix.control_rooms[" + std::to_string(i) + "]", matrix_.control_rooms[i]);
    if (!matrix_.space.empty()) room("matrix.space", matrix_.space);
    groups();
    if (matrix_.app_service.id.empty()) limits();
    else ping();
    people();
    return std::move(found_);
  }

 private:
  Budget budget() const { return {env_.clock, kEach, kEach}; }
  void say(Grade grade, std::string words) { found_.push_back({grade, std::move(words)}); }
  static std::string plain(const std::string& outside) { return text::shorten(text::clean(text::valid_utf8(outside), true), 80); }

  bool reaches_homeserver() {
    json answer;
    if (const auto problem = api_.versions(budget(), answer)) {
      say(Grade::fault, "No homeserver answers at " + matrix_.homeserver_url + ": " + problem->words + ". Check matrix.homeserver_url; it is the address clients use (the server's "
                        "/.well-known/matrix/client names it).");
      return false;
    }
    std::string newest;
    for (const auto& version : array_at(answer, "versions"))
      if (version.is_string()) newest = plain(version.get<std::string>());
    if (newest.empty()) say(Grade::fault, matrix_.homeserver_url + " answers, but names no version of Matrix. Check matrix.homeserver_url.");
    else say(Grade::good, "The homeserver answers; the newest version of the specification it names is " + newest + ".");
    return !newest.empty();
  }

  bool knows_account() {
    if (const auto problem = api_.learn_self(budget())) {
      say(Grade::fault, problem->outcome == Outcome::credentials && problem->code.empty()
                            ? problem->words
                            : "The homeserver does not take the token: " + problem->words +
                                  (matrix_.app_service.id.empty() ? " Log in as the bot once and put the new token into matrix.access_token."
                                                                  : " Is the registration file of \"muster matrix register\" loaded by the homeserver, with the same as_token?"));
      return false;
    }
    const auto self = api_.homeserver().self();
    say(Grade::good, "The token belongs to " + self->user_id + ".");
    if (!self->device_id.empty()) say(Grade::good, "It has the device " + plain(self->device_id) + ": the homeserver recognises repeated messages.");
    else
      say(Grade::advice, "The token has no device, so the homeserver forgets which messages it has seen when it restarts. Muster then looks for a message before it repeats "
                         "it; a login with a device (POST /login) is better.");
    return true;
  }

  void room_versions() {
    const std::string by_default = api_.homeserver().default_room_version();
    if (!matrix_.room_version.empty() && !api_.homeserver().offers_room_version(matrix_.room_version))
      say(Grade::fault, "The homeserver does not make rooms of version " + matrix_.room_version + ". Change matrix.room_version, or remove it to take the default.");
    else if (!matrix_.room_version.empty()) say(Grade::good, "New rooms have version " + matrix_.room_version + ".");
    else if (!by_default.empty()) say(Grade::good, "New rooms have the homeserver's default version " + plain(by_default) + ".");
  }

  void room(const std::string& key, const std::string& named) {
    std::string id = named;
    if (named[0] == '#')
      if (const auto problem = api_.resolve_alias(named, budget(), id)) {
        if (key == "matrix.space" && problem->not_found() && named.substr(named.find(':') + 1) == matrix_.server_name())
          return say(Grade::good, key + ": " + named + " is not there yet; Muster makes it with the first incident's room.");
        return say(Grade::fault, key + ": there is no room " + named + " (" + problem->words + ").");
      }
    std::string entered;
    if (const auto problem = api_.join(id, {matrix_.server_name()}, budget(), entered))
      return say(Grade::fault, key + ": the bot cannot enter " + named + ". Invite " + matrix_.user_id + " there. (" + problem->words + ")");
    json state;
    const auto problem = api_.get_state(id, "m.room.encryption", "", budget(), state);
    if (!problem) return say(Grade::fault, key + ": " + named + " is encrypted, and Muster cannot read encrypted messages. Choose a room without encryption.");
    if (!problem->not_found()) return say(Grade::advice, key + ": it could not be seen whether " + named + " is encrypted (" + problem->words + ").");
    say(Grade::good, key + ": the bot is in " + named + ", which is not encrypted.");
    rights(key, named, id);
  }

  /// A room can be for reading only.
  void rights(const std::string& key, const std::string& named, const std::string& id) {
    json levels, made;
    if (const auto problem = api_.get_state(id, "m.room.power_levels", "", budget(), levels)) {
      if (!problem->not_found()) say(Grade::advice, key + ": it could not be seen what the bot may do in " + named + " (" + problem->words + ").");
      return;
    }
    const std::string self = matrix_.user_id;
    const bool listed = number_at(object_at(levels, "users"), self.c_str()).has_value();
    // Creators stand above all levels since room version 12, are then not listed, and the content of the creation does not name them all.
    if (!listed && !api_.get_state(id, "m.room.create", "", budget(), made) && creators_stand_above(text_at(made, "room_version"))) return;
    const std::string what = key == "matrix.space" ? "m.space.child" : "m.room.message";
    const std::int64_t by_default = key == "matrix.space" ? number_at(levels, "state_default").value_or(50) : number_at(levels, "events_default").value_or(0);
    const std::int64_t needed = number_at(object_at(levels, "events"), what.c_str()).value_or(by_default);
    const std::int64_t has = number_at(object_at(levels, "users"), self.c_str()).value_or(number_at(levels, "users_default").value_or(0));
    if (has >= needed) return;
    say(Grade::fault, key + ": the bot may not " + (key == "matrix.space" ? "list rooms" : "speak") + " in " + named + ": that takes power level " + std::to_string(needed) + ", and it has " +
                          std::to_string(has) + ". Give " + self + " that level in the room's settings.");
  }

  void limits() {
    const std::string user = matrix_.user_id;
    say(Grade::advice, "Homeservers limit how fast an account may speak, and do not tell how fast: Synapse's default is 12 messages a minute after a burst of 10, so a new "
                       "incident's room fills slowly. An administrator of Synapse lifts it with POST /_synapse/admin/v1/users/" + user +
                       "/override_ratelimit and the body {\"messages_per_second\": 0, \"burst_count\": 0}; an application service has no such limit.");
  }

  void ping() {
    json answer;
    const auto problem = api_.ping(env_.ids.next(), budget(), answer);
    if (!problem) {
      const auto took = number_at(answer, "duration_ms");
      return say(Grade::good, "The homeserver reaches Muster" + (took ? " (in " + std::to_string(*took) + " ms)." : std::string(".")));
    }
    if (problem->is("M_UNRECOGNIZED")) return say(Grade::advice, "The homeserver knows no ping (before version 1.7 of the specification), so it cannot be seen whether it reaches Muster.");
    if (problem->is("M_URL_NOT_SET")) return say(Grade::fault, "The registration the homeserver has loaded names no url, so nothing is sent to Muster. Load the file of \"muster matrix register\".");
    if (problem->is("M_FORBIDDEN"))
      return say(Grade::fault, "The homeserver knows no application service \"" + matrix_.app_service.id + "\" with this token. Load the file of \"muster matrix register\" and restart it.");
    say(Grade::fault, "The homeserver does not reach Muster: " + problem->words + ". Muster must be running, and the url in the registration must lead to it.");
  }

  /// Rooms and spaces whose members come into every incident's room.
  void groups() {
    const auto& all = settings_.incidents.invite_groups;
    if (all.count(kIntegration) == 0) {
      if (!all.empty())
        say(Grade::advice, "incidents.invite.groups names user groups of Slack alone, and nobody comes into a Matrix room through them: name a room or space of those people there too, "
                           "for example \"#team:" + matrix_.server_name() + "\", or the people under incidents.invite.people.");
      return;
    }
    for (const auto& named : all.at(kIntegration)) {
      const std::string key = "incidents.invite.groups";
      std::string id = named, entered;
      if (named[0] == '#')
        if (const auto problem = api_.resolve_alias(named, budget(), id)) {
          say(Grade::fault, key + ": there is no room " + named + " (" + problem->words + ").");
          continue;
        }
      json members;
      auto problem = api_.join(id, {matrix_.server_name()}, budget(), entered);
      if (!problem) problem = api_.joined_members(id, budget(), members);
      if (problem) {
        say(Grade::fault, key + ": the bot cannot see who is in " + named + ". Invite " + matrix_.user_id + " there. (" + problem->words + ")");
        continue;
      }
      const std::size_t others = members.size() - members.count(matrix_.user_id);
      say(others == 0 ? Grade::advice : Grade::good, key + ": " + named + " brings " + std::to_string(others) + (others == 1 ? " person" : " people") + " into every incident's room.");
    }
  }

  void people() {
    const bool any = std::any_of(settings_.people.begin(), settings_.people.end(), [](const bot::Person& p) { return p.identities.count(kIntegration) > 0; });
    if (!any) say(Grade::advice, "Nobody under people has a Matrix id, so nobody can be paged in Matrix.");
    for (const auto& person : settings_.people) {
      const auto it = person.identities.find(kIntegration);
      json profile;
      if (it == person.identities.end() || server_of(it->second) != matrix_.server_name()) continue;
      if (const auto problem = api_.profile(it->second, budget(), profile); problem && problem->not_found())
        say(Grade::fault, "people: there is no account " + it->second + " (" + person.id + ").");
    }
  }

  const bot::Settings& settings_;
  const bot::MatrixSettings& matrix_;
  Api& api_;
  bot::Env env_;
  std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> examine(const bot::Settings& settings, Api& api, bot::Env env) { return Doctor(settings, api, env).run(); }

}  // namespace matrix
