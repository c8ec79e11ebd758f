#include "tests/simulation/console_view.hpp"

#include "integrations/console/desk.hpp"

namespace sim {

using namespace bot;

namespace {

constexpr std::size_t kNamed = 5;  ///< more are counted only

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

/// How many more than those it names, at the most: "and 3 more" → 3, "and at least 45 more" → any number from 45 on, as `all` needs.
std::size_t and_more(const std::string& html, std::size_t all) {
  const std::string before = "<li>and ", open_end = "at least ";
  auto at = html.find(before);
  if (at == std::string::npos) return 0;
  at += before.size();
  if (html.compare(at, open_end.size(), open_end) != 0) return std::stoul(html.substr(at));
  return std::max<std::size_t>(std::stoul(html.substr(at + open_end.size())), all);
}

std::string banner(World& world, Process& process) {
  static const std::vector<console::VerbHint> verbs;
  console::Desk desk(process.reader, world.settings, process.people, world.env.env(), verbs, {});
  console::Visitor visitor;
  visitor.actor = {ActorKind::person, "carol", {}, true};
  console::Look look;
  const auto drawn = desk.banner(look, visitor);
  return drawn ? drawn->str() : "";
}

}  // namespace

void check_console_shows_troubles(World& world, Process& process) {
  std::map<std::int64_t, std::size_t> held, dead;  // by incident
  std::size_t all = 0;
  std::vector<QueuedMessage> troubled;
  world.disk.each_message([&troubled](const QueuedMessage& m) {
    if (m.state == MessageState::held || m.state == MessageState::dead) troubled.push_back(m);
  });
  for (const auto& m : troubled) {
    const auto row = world.disk.incident(m.message.incident).value();
    if (m.state == MessageState::dead && (!row || !row->takes_changes())) continue;  // lost to an incident that is over: helps nobody any more
    ++(m.state == MessageState::held ? held : dead)[m.message.incident];
    ++all;
  }
  if (all == 0) return;
  const std::string html = banner(world, process);
  const std::string is_held = " is held: it may or may not have arrived.", is_dead = " was not delivered, and no more tries will be made.";
  const std::size_t named = count(html, "<li><a "), more = and_more(html, all);
  std::size_t all_held = 0;
  for (const auto& [incident, n] : held) all_held += n;
  const bool few = more == 0;
  const char* const promise = all_held > 0 && (few ? count(html, is_held) != all_held : named + more < all) ? "I8" : "I6";
  if (named + more < all || (few && (count(html, is_held) != all_held || count(html, is_dead) != all - all_held)))
    return world.broken(promise, std::to_string(all_held) + " messages are held and " + std::to_string(all - all_held) + " were given up; the console's first page shows " +
                                     std::to_string(count(html, is_held)) + " and " + std::to_string(count(html, is_dead)) + ", and " + std::to_string(more) + " more");
  if (!few && named != kNamed) return world.broken("I8", "the console's first page names " + std::to_string(named) + " of its troubles");
  for (const auto& by_incident : {held, dead})
    for (const auto& [incident, n] : by_incident)
      if (few && count(html, "<li><a href=\"/incidents/INC-" + std::to_string(incident) + "\">") < n)
        return world.broken("I8", "the console's first page does not say that INC-" + std::to_string(incident) + " has messages in trouble");
}

}  // namespace sim
