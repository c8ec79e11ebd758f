#include "integrations/slack/home.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/payload.hpp"
#include "integrations/text/html.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr int kRead = 100;
constexpr std::size_t kShown = 25, kTitle = 150;  // two blocks each, of the 100 a Home tab holds
constexpr bot::Millis kTime{6000};

json plain(const std::string& words) { return {{"type", "plain_text"}, {"text", words}, {"emoji", false}}; }

json section(const std::string& markup) {
  return {{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", cut(markup, 2700)}, {"verbatim", true}}}};
}

json button(const char* label, const std::string& action, const std::string& command) {
  return {{"type", "button"}, {"action_id", action}, {"text", plain(label)}, {"value", command}};
}

bool sees(const bot::Incident& incident, const std::string& person, bool admin) {
  if (!incident.is_private || admin) return true;
  if (person.empty()) return false;
  const bool declared = incident.declared_by.kind == bot::ActorKind::person && incident.declared_by.id == person;
  return declared || incident.members.count(person) > 0;
}

std::string roles_of(const bot::Incident& incident, const std::string& person) {
  std::string out;
  for (const auto& [role, holder] : incident.roles)
    if (holder == person && !person.empty()) out += (out.empty() ? "" : ", ") + role;
  return out;
}

std::string upper(std::string s) {
  for (char& c : s)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return s;
}

std::string lines_of(const bot::Incident& incident, const std::string& person, const View& drawing, bot::Time now) {
  std::string first = escape(incident.name() + " " + upper(incident.severity));
  if (incident.is_drill) first += " DRILL";
  if (incident.is_private) first += " private";
  std::string second = escape(incident.status) + " · open for " + bot::duration_text(now - incident.declared);
  if (const std::string room = drawing.room ? drawing.room(incident.number) : ""; is_id(room)) second += " · <#" + room + ">";
  if (const auto it = incident.rooms.find("slack"); second.find("<#") == std::string::npos && it != incident.rooms.end()) {
    const bool link = it->second.rfind("https://", 0) == 0;
    second += " · " + (link ? link_markup(it->second, "room") : escape(it->second));
  }
  if (const std::string roles = roles_of(incident, person); !roles.empty()) second += " · you are " + escape(roles);
  return "*" + first + "* " + escape(text::shorten(text::clean(incident.title, true), kTitle)) + "\n" + second;
}

json buttons_of(const bot::Incident& incident, const std::string& person) {
  const std::string name = incident.name();
  json elements = json::array({button("Show", "run:show", name + " show")});
  if (incident.members.count(person) == 0 || person.empty()) elements.push_back(button("Join", "run:join", name + " join"));
  elements.push_back(button("Post update", "form:update", name + " update"));
  return {{"type", "actions"}, {"block_id", "home:" + name}, {"elements", std::move(elements)}};
}

}  // namespace

std::string home_view(const std::vector<bot::Incident>& open, const std::string& person, bool admin, const View& drawing, bot::Time now) {
  json blocks = json::array();
  std::vector<const bot::Incident*> mine;
  for (const auto& incident : open)
    if (incident.phase == bot::Phase::open && sees(incident, person, admin)) mine.push_back(&incident);
  const std::string heading = mine.empty() ? "No open incident" : mine.size() == 1 ? "1 open incident" : std::to_string(mine.size()) + " open incidents";
  json declare = button("Declare an incident", "form:declare", "declare");
  declare["style"] = "primary";
  blocks.push_back({{"type", "header"}, {"text", plain(heading)}});
  blocks.push_back({{"type", "actions"}, {"block_id", "home:declare"}, {"elements", json::array({declare})}});
  for (std::size_t i = 0; i < mine.size() && i < kShown; ++i) {
    blocks.push_back(section(lines_of(*mine[i], person, drawing, now)));
    blocks.push_back(buttons_of(*mine[i], person));
  }
  if (mine.size() > kShown) blocks.push_back(section("And " + std::to_string(mine.size() - kShown) + " more: `" + escape(drawing.command) + " list`"));
  blocks.push_back({{"type", "context"}, {"elements", json::array({plain("As of " + bot::clock_text(now).substr(0, 5) + " UTC. Open this tab again for what is new.")})}});
  return codec::dump({{"type", "home"}, {"blocks", std::move(blocks)}});
}

void Home::publish(const std::string& user, const std::string& hash) {
  reception_.later("events", [this, user, hash] {
    const Budget budget(reception_.at.clock, kTime, kTime);
    std::string held = hash;
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto open = reception_.at.reader.incidents({true, 0, kRead, true});
      if (!open) return;
      const auto person = reception_.at.people.by_identity("slack", user);
      const auto& admins = reception_.at.settings.incidents.admins;
      const bool admin = person && (person->admin || std::find(admins.begin(), admins.end(), person->id) != admins.end());
      Arguments arguments{{"user_id", user}, {"view", home_view(*open, person ? person->id : "", admin, reception_.view(0), reception_.at.clock.now())}};
      if (!held.empty()) arguments.emplace_back("hash", held);
      json answer;
      const auto problem = reception_.api.call("views.publish", arguments, budget, answer);
      if (!problem || problem->code != "hash_conflict") return;
      held.clear();  // published by somebody else meanwhile: drawn anew, and put over it
    }
  });
}

}  // namespace slack
