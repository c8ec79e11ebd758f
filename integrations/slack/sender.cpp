#include "integrations/slack/sender.hpp"

#include <map>

#include "bot/mutex.hpp"
#include "integrations/slack/posts.hpp"
#include "integrations/slack/room_steps.hpp"

namespace slack {

View Session::view() const {
  return View{people, settings.slack.command, message.incident, [this](std::int64_t incident) {
                return incident == message.incident && !room().empty() ? room() : workspace.room(incident);
              }};
}

bot::Time Session::searched_from() const { return context.first_attempt.value_or(message.created); }

bot::Refused no_room(const Session& session) { return {"There is no Slack room for " + session.incident_name() + ": opening it failed.", false}; }

namespace {

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
    const Budget budget(clock_, limits_.whole, limits_.each);
    Session session{api_, *workspace_, settings_, people_, clock_, budget, message, context};
    if (!session.room().empty()) workspace_->remember_room(message.incident, session.room());
    return dispatch(session, message.content);
  }

  bot::FindResult find(const bot::Message& message, const bot::SendContext& context) override {
    const Budget budget(clock_, limits_.whole, limits_.each);
    Session session{api_, *workspace_, settings_, people_, clock_, budget, message, context};
    if (const auto* open = std::get_if<bot::OpenRoom>(&message.content)) return find_room(session, *open);
    if (repeat_policy(message.content) == bot::RepeatPolicy::free) return bot::Missing{};
    return find_post(session, message.content);
  }

 private:
  bot::SendResult dispatch(Session& session, const bot::Content& content) {
    if (const auto* open = std::get_if<bot::OpenRoom>(&content)) return open_room_from(session, *open);
    if (const auto* topic = std::get_if<bot::SetTopic>(&content)) return set_topic(session, *topic);
    if (const auto* invite = std::get_if<bot::InvitePeople>(&content)) return invite_people(session, *invite);
    if (std::holds_alternative<bot::PostSummary>(content)) return post_summary(session);
    if (std::holds_alternative<bot::PinSummary>(content)) return pin_summary(session);
    if (std::holds_alternative<bot::EditSummary>(content)) return edit_summary(session);
    if (const auto* said = std::get_if<bot::Say>(&content)) return say(session, *said);
    if (const auto* announcement = std::get_if<bot::Announce>(&content)) return announce(session, *announcement);
    if (std::holds_alternative<bot::ArchiveRoom>(content)) return archive_room(session);
    if (const auto* page = std::get_if<bot::PagePerson>(&content)) return page_person(session, *page);
    return bot::Refused{"Slack has no place for a public update.", false};
  }

  /// The names tried so far are kept over a wait: beginning again would spend the limit on the same taken names for ever.
  bot::SendResult open_room_from(Session& session, const bot::OpenRoom& open) {
    int next = 1;
    {
      bot::Lock lock(mutex_);
      if (const auto it = next_names_.find(session.message.id); it != next_names_.end()) next = it->second;
    }
    bot::SendResult result = open_room(session, open, next);
    bot::Lock lock(mutex_);
    if (std::holds_alternative<bot::NotSent>(result)) next_names_[session.message.id] = next;
    else next_names_.erase(session.message.id);
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
  std::map<std::string, int> next_names_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<bot::Sender> make_sender(const bot::Settings& settings, http::Client& client, const bot::People& people, bot::Env env,
                                         std::shared_ptr<Workspace> workspace, SenderLimits limits) {
  return std::make_unique<SlackSender>(settings, client, people, env, std::move(workspace), limits);
}

}  // namespace slack
