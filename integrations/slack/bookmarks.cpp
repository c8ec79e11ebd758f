#include "integrations/slack/bookmarks.hpp"

#include <set>

#include <nlohmann/json.hpp>

namespace slack {
namespace {

using nlohmann::json;

bool is_web(const std::string& url) { return url.rfind("https://", 0) == 0 || url.rfind("http://", 0) == 0; }

std::set<std::string> links_in(const json& answer) {
  std::set<std::string> out;
  const json all = answer.value("bookmarks", json::array());
  if (all.is_array())
    for (const auto& one : all) out.insert(text_at(one, "link"));
  return out;
}

}  // namespace

std::vector<Bookmark> bookmarks_of(const bot::Settings& settings, const bot::Incident& incident) {
  std::vector<Bookmark> out;
  const std::string& base = settings.server.console_url;
  if (settings.console_enabled && is_web(base)) out.push_back({"Timeline", base + "/incidents/" + incident.name(), ":scroll:"});
  for (const auto& [label, link] : settings.incidents.bookmarks)
    if (is_web(link)) out.push_back({label, link, ":bookmark:"});
  for (const auto& page : settings.status_pages)
    if (!incident.is_private && !incident.is_drill && is_web(page.url))
      out.push_back({settings.status_pages.size() == 1 ? "Status page" : "Status page " + page.name, page.url, ":satellite_antenna:"});
  return out;
}

bot::SendResult add_bookmarks(Session& session) {
  const auto wanted = bookmarks_of(session.settings, session.context.incident);
  if (wanted.empty()) return bot::Accepted{};
  if (session.room().empty()) return no_room(session);
  json listed;
  if (const auto problem = session.api.call_in(session.room(), "bookmarks.list", {{"channel_id", session.room()}}, session.budget, listed)) {
    if (problem->code == "is_archived" || problem->code == "not_implemented") return bot::Accepted{};
    return problem->outcome == Outcome::doubtful ? bot::NotSent{problem->words, {}, true} : send_result(*problem);
  }
  const auto there = links_in(listed);
  for (const auto& bookmark : wanted) {
    if (there.count(bookmark.link) != 0) continue;
    json answer;
    const auto problem = session.api.call_in(
        session.room(), "bookmarks.add",
        {{"channel_id", session.room()}, {"title", bookmark.title}, {"type", "link"}, {"link", bookmark.link}, {"emoji", bookmark.emoji}}, session.budget, answer);
    if (problem && problem->code != "is_archived") return send_result(*problem);
  }
  return bot::Accepted{};
}

}  // namespace slack
