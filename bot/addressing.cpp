#include "bot/addressing.hpp"

#include "bot/plain.hpp"

namespace bot {
namespace {

using std::chrono::hours;

/// A lane, its order among lanes, and how long its messages make sense.
struct Way {
  std::string integration, lane;
  LaneClass lane_class = LaneClass::room;
  std::string supersedes;
  Millis lasts = hours{24};
};

Message message(Way way, const Outgoing& outgoing, const Context& context) {
  Message m;
  m.id = context.new_id();
  m.incident = outgoing.incident;
  m.integration = std::move(way.integration);
  m.lane_class = way.lane_class;
  m.lane = std::move(way.lane);
  m.supersedes = std::move(way.supersedes);
  m.content = outgoing.content;
  m.created = context.now;
  m.deadline = context.now + way.lasts;
  return m;
}

bool has_announcements(const std::string& chat, const Settings& settings) {
  if (chat == "slack") return !settings.slack.announce_channel.empty();
  return chat == "matrix" && !settings.matrix.announce_room.empty();
}

/// A topic before the room is open is not owed: the opening sets the one of that moment.
bool comes_with_opening(const std::string& chat, const Content& content, const Incident& incident) {
  return std::holds_alternative<SetTopic>(content) && incident.rooms.count(chat) == 0;
}

Way room_way(const std::string& chat, const Outgoing& outgoing, const Incident& incident) {
  const std::string base = chat + "/" + incident.name();
  if (outgoing.extra) return {chat, base + "/extras", LaneClass::cosmetic, "", hours{1}};
  // What nothing else in the room has to wait for stands in lines of its own, so that the calls to the chat run beside one another.
  // A topic with a new name for the room is owed even when a newer topic comes.
  if (const auto* topic = std::get_if<SetTopic>(&outgoing.content)) return {chat, base + "/topic", LaneClass::room, topic->name.empty() ? "topic" : "", hours{24}};
  // To one chat alone: with its room's opening, when nobody is mentioned there yet. Later ones come before the mention that follows.
  const bool with_opening = std::holds_alternative<InvitePeople>(outgoing.content) && !outgoing.only.empty();
  if (with_opening) return {chat, base + "/people", LaneClass::room, "", hours{24}};
  if (!std::holds_alternative<EditSummary>(outgoing.content)) return {chat, base + "/room", LaneClass::room, "", hours{24}};
  // The last edit must come before the archiving, so it waits in the same line.
  if (!incident.takes_changes()) return {chat, base + "/room", LaneClass::room, "summary", hours{1}};
  return {chat, base + "/card", LaneClass::cosmetic, "summary", hours{1}};
}

}  // namespace

std::vector<std::string> page_channels(const std::string& person, const People& people, const Settings& settings) {
  std::vector<std::string> out;
  const auto known = people.find(person);
  for (auto& chat : settings.chats()) {
    // Somebody met in this very request is not in the registry yet; their id says where they are.
    if (known ? known->identities.count(chat) > 0 : person.rfind(chat + ":", 0) == 0) out.push_back(std::move(chat));
  }
  if (known && !known->webhook.empty()) out.push_back("webhook");
  return out;
}

bool page_ran_out(const PageRun& run, const PagingSettings& paging) {
  if (run.open || !run.acknowledged_by.empty() || run.round <= paging.repeat) return false;
  return run.step == 0 || static_cast<std::size_t>(run.step) >= paging.policy.size();  // 0: called by name
}

std::vector<Message> address(const Outgoing& outgoing, const Incident& incident, const Context& context) {
  std::vector<Message> out;
  const auto add = [&](Way way) {
    if (outgoing.only.empty() || outgoing.only == way.integration) out.push_back(message(std::move(way), outgoing, context));
  };
  if (std::holds_alternative<PublicUpdate>(outgoing.content)) {
    if (incident.is_private || incident.is_drill) return out;
    for (const auto& page : context.settings.status_pages) {
      const std::string integration = "statuspage:" + page.name;
      add({integration, integration + "/" + incident.name(), LaneClass::public_update, "", hours{6}});
    }
    return out;
  }
  if (const auto* page = std::get_if<PagePerson>(&outgoing.content)) {
    for (const auto& channel : page_channels(page->person, context.people, context.settings))
      add({channel, channel == "webhook" ? "webhook/" + page->person : channel + "/page/" + page->person, LaneClass::page, "", hours{1}});
    return out;
  }
  const bool announcement = std::holds_alternative<Announce>(outgoing.content);
  if (announcement && incident.is_private) return out;
  for (const auto& chat : context.settings.chats()) {
    const bool has_room = incident.chats.empty() || incident.chats.count(chat) > 0;
    if (!announcement && has_room && !comes_with_opening(chat, outgoing.content, incident)) add(room_way(chat, outgoing, incident));
    if (!announcement) continue;
    if (has_announcements(chat, context.settings)) {
      const std::string news = outgoing.news.empty() ? "" : incident.name() + "/" + outgoing.news;
      add({chat, chat + "/announce", LaneClass::room, news, hours{24}});
    }
  }
  return out;
}

}  // namespace bot
