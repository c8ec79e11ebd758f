#include "integrations/slack/sender.hpp"

#include <functional>
#include <map>

#include "bot/mutex.hpp"
#include "integrations/slack/bookmarks.hpp"
#include "integrations/slack/invitations.hpp"
#include "integrations/slack/posts.hpp"
#include "integrations/slack/room_steps.hpp"

namespace slack {

View Session::view() const {
  return View{people, settings.slack.command, message.incident, [this](std::int64_t incident) {
                return incident == message.incident && !room().empty() ? room() : workspace.room(incident);
              }};
}

bot::Time Session::searched_from() const { return context.first_attempt.value_or(message.created); }

Arguments Session::in_team(Arguments arguments) const {
  if (!settings.slack.team_id.empty()) arguments.emplace_back("team_id", settings.slack.team_id);
  return arguments;
}

bot::SendResult no_room(const Session& session) {
  const std::string& lane = session.message.lane;
  const std::string rooms = std::string("slack/") + session.incident_name() + "/room";
  if (lane.empty() || lane == rooms) return bot::Refused{"There is no Slack room for " + session.incident_name() + ": opening it failed.", false};
  if (!session.context.incident.takes_changes()) return bot::Accepted{};
  const bot::Millis age = session.clock.now() - session.message.created;
  return bot::NotSent{"the room is not open yet", age < bot::Millis{60000} ? bot::Millis{1000} : bot::Millis{15000}, false};
}

bot::SendResult in_room(const Problem& problem) {
  bot::SendResult result = send_result(problem);
  const bool gone = problem.code == "channel_not_found" || problem.code == "is_archived" || problem.code == "not_in_channel";
  if (auto* refused = std::get_if<bot::Refused>(&result)) refused->room_gone = gone;
  return result;
}

namespace {

constexpr std::size_t kUnderWay = 2000;
constexpr std::size_t kFew = 10;  ///< invitations beyond that are a crowd, not the responders

Urgency urgency_of(const bot::Message& message) {
  if (std::holds_alternative<bot::PagePerson>(message.content)) return Urgency::page;
  if (std::holds_alternative<bot::EditSummary>(message.content)) return Urgency::summary;
  const auto* invite = std::get_if<bot::InvitePeople>(&message.content);
  const bool many = invite != nullptr && (!invite->groups.empty() || invite->people.size() > kFew);
  const bool extra = many || std::holds_alternative<bot::AddBookmarks>(message.content) || message.lane_class == bot::LaneClass::cosmetic;
  return extra ? Urgency::cosmetic : Urgency::room;
}

class SlackSender : public bot::Sender {
 public:
  SlackSender(const bot::Settings& settings, http::Client& client, const bot::People& people, bot::Env env, std::shared_ptr<Workspace> workspace,
              SenderLimits limits)
      : settings_(settings), people_(people), clock_(env.clock), workspace_(std::move(workspace)), limits_(limits),
        api_(settings.slack, client, env.clock, *workspace_) {}

  const std::string& integration() const override { return name_; }
  /// Rooms may hang while a page must still get out.
  int parallel() const override { return 4; }

  bot::RepeatPolicy repeat_policy(const bot::Content& content) const override {
    if (std::holds_alternative<bot::PagePerson>(content)) return bot::RepeatPolicy::harmless;
    const bool leaves_a_trace = std::holds_alternative<bot::OpenRoom>(content) || std::holds_alternative<bot::PostSummary>(content) ||
                                std::holds_alternative<bot::Say>(content) || std::holds_alternative<bot::Announce>(content);
    return leaves_a_trace ? bot::RepeatPolicy::prefer_once : bot::RepeatPolicy::free;
  }

  bot::SendResult send(const bot::Message& message, const bot::SendContext& context) override {
    const Budget budget(clock_, limits_.whole, limits_.each, urgency_of(message));
    Session session{api_, *workspace_, settings_, people_, clock_, budget, message, context};
    if (!session.room().empty()) workspace_->remember_room(message.incident, session.room());
    return dispatch(session, message.content);
  }

  bot::FindResult find(const bot::Message& message, const bot::SendContext& context) override {
    const Budget budget(clock_, limits_.whole, limits_.each, urgency_of(message));
    Session session{api_, *workspace_, settings_, people_, clock_, budget, message, context};
    if (const auto* open = std::get_if<bot::OpenRoom>(&message.content)) return find_room(session, *open);
    if (repeat_policy(message.content) == bot::RepeatPolicy::free) return bot::Missing{};
    return find_post(session, message.content);
  }

 private:
  bot::SendResult dispatch(Session& session, const bot::Content& content) {
    if (const auto* open = std::get_if<bot::OpenRoom>(&content)) {
      bot::SendResult result = in_steps(session, [&](Progress& progress) { return open_room(session, *open, progress); });
      if (const auto* refused = std::get_if<bot::Refused>(&result); refused != nullptr && !refused->credentials)
        workspace_->room_refused(session.message.incident, refused->reason);
      return result;
    }
    if (const auto* topic = std::get_if<bot::SetTopic>(&content)) return set_topic(session, *topic);
    if (const auto* invite = std::get_if<bot::InvitePeople>(&content))
      return in_steps(session, [&](Progress& progress) { return invite_people(session, *invite, progress); });
    if (std::holds_alternative<bot::AddBookmarks>(content)) return add_bookmarks(session);
    if (std::holds_alternative<bot::PostSummary>(content)) return post_summary(session);
    if (std::holds_alternative<bot::PinSummary>(content)) return pin_summary(session);
    if (std::holds_alternative<bot::EditSummary>(content)) return edit_summary(session);
    if (const auto* said = std::get_if<bot::Say>(&content)) return say(session, *said);
    if (const auto* announcement = std::get_if<bot::Announce>(&content)) return announce(session, *announcement);
    if (std::holds_alternative<bot::ArchiveRoom>(content)) return archive_room(session);
    if (const auto* page = std::get_if<bot::PagePerson>(&content)) return page_person(session, *page);
    return bot::Refused{"Slack has no place for a public update.", false};
  }

  bot::SendResult in_steps(Session& session, const std::function<bot::SendResult(Progress&)>& step) {
    Progress progress;
    {
      bot::Lock lock(mutex_);
      if (const auto it = under_way_.find(session.message.id); it != under_way_.end()) progress = it->second;
    }
    bot::SendResult result = step(progress);
    bot::Lock lock(mutex_);
    if (std::holds_alternative<bot::NotSent>(result)) under_way_[session.message.id] = std::move(progress);
    else under_way_.erase(session.message.id);
    if (under_way_.size() > kUnderWay) under_way_.erase(under_way_.begin());  // ids sort by age: the oldest was given up
    return result;
  }

  const std::string name_ = kIntegration;
  const bot::Settings& settings_;
  const bot::People& people_;
  bot::Clock& clock_;
  std::shared_ptr<Workspace> workspace_;
  SenderLimits limits_;
  Api api_;
  bot::Mutex mutex_;
  std::map<std::string, Progress> under_way_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<bot::Sender> make_sender(const bot::Settings& settings, http::Client& client, const bot::People& people, bot::Env env,
                                         std::shared_ptr<Workspace> workspace, SenderLimits limits) {
  return std::make_unique<SlackSender>(settings, client, people, env, std::move(workspace), limits);
}

}  // namespace slack
