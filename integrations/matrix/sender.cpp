#include "integrations/matrix/sender.hpp"

#include <map>

#include "bot/mutex.hpp"
#include "integrations/matrix/posts.hpp"
#include "integrations/matrix/powers.hpp"
#include "integrations/matrix/room_steps.hpp"

namespace matrix {

View Session::view() const {
  const std::string& prefix = matrix().prefixes.empty() ? "!incident" : matrix().prefixes.front();
  return View{people, prefix, message.incident, [this](std::int64_t incident) {
                const std::string id = incident == message.incident && !room().empty() ? room() : homeserver().room(incident);
                return id.empty() ? "" : permalink(id, "", matrix().server_name());
              }};
}

bot::Refused no_room(const Session& session) { return {"There is no Matrix room for " + session.incident_name() + ": opening it failed.", false}; }

bot::SendResult repeatable(const Problem& problem) {
  if (problem.outcome == Outcome::doubtful) return bot::NotSent{problem.words, problem.after, true};
  return send_result(problem);
}

std::string alias_on_own_server(const Session& session, const std::string& localpart) { return "#" + localpart + ":" + session.matrix().server_name(); }

std::string room_version(const Session& session) {
  const std::string& wanted = session.matrix().room_version;
  return !wanted.empty() && session.homeserver().offers_room_version(wanted) ? wanted : session.homeserver().default_room_version();
}

std::optional<Problem> room_of_settings(const Session& session, const std::string& named, std::string& room) {
  if (room = session.homeserver().room_of_alias(named); !room.empty()) return std::nullopt;
  if (named.empty() || named[0] == '!') room = named;
  else if (auto problem = session.api.resolve_alias(named, session.budget, room)) return problem;
  // Entering a room the bot is in changes nothing; one it may not enter says so here and not at every message.
  std::string entered;
  if (auto problem = session.api.join(room, {session.matrix().server_name()}, session.budget, entered)) return problem;
  session.homeserver().remember_alias(named, room);
  return std::nullopt;
}

namespace {

class MatrixSender : public bot::Sender {
 public:
  MatrixSender(const bot::Settings& settings, std::shared_ptr<Api> api, const bot::People& people, bot::Env env, SenderLimits limits, Chores* chores)
      : settings_(settings), api_(std::move(api)), people_(people), clock_(env.clock), limits_(limits), chores_(chores) {}

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
    Session session{*api_, settings_, people_, clock_, budget, message, context};
    if (!session.room().empty()) session.homeserver().remember_room(message.incident, session.room());
    Progress progress = take_up(message.id);
    bot::SendResult result = dispatch(session, message.content, progress);
    const bool goes_on = std::holds_alternative<bot::NotSent>(result) || std::holds_alternative<bot::Doubtful>(result);
    put_down(message.id, goes_on, std::move(progress));
    // Whoever changes a role redraws the card; a new room pins it.
    const bool drawn = std::holds_alternative<bot::EditSummary>(message.content) || std::holds_alternative<bot::PinSummary>(message.content);
    if (chores_ && drawn && std::holds_alternative<bot::Accepted>(result)) tend_powers(session, *chores_);
    return result;
  }

  bot::FindResult find(const bot::Message& message, const bot::SendContext& context) override {
    const Budget budget(clock_, limits_.whole, limits_.each);
    Session session{*api_, settings_, people_, clock_, budget, message, context};
    if (const auto* open = std::get_if<bot::OpenRoom>(&message.content)) {
      Progress progress = take_up(message.id);
      auto result = find_room(session, *open, progress);
      put_down(message.id, !std::holds_alternative<bot::Accepted>(result), std::move(progress));
      return result;
    }
    if (repeat_policy(message.content) == bot::RepeatPolicy::free) return bot::Missing{};
    return find_post(session, message.content);
  }

 private:
  static bot::SendResult dispatch(Session& session, const bot::Content& content, Progress& progress) {
    if (const auto* open = std::get_if<bot::OpenRoom>(&content)) return open_room(session, *open, progress);
    if (const auto* topic = std::get_if<bot::SetTopic>(&content)) return set_topic(session, *topic);
    if (const auto* invite = std::get_if<bot::InvitePeople>(&content)) return invite_people(session, *invite, progress);
    if (std::holds_alternative<bot::PostSummary>(content)) return post_summary(session);
    if (std::holds_alternative<bot::PinSummary>(content)) return pin_summary(session);
    if (std::holds_alternative<bot::EditSummary>(content)) return edit_summary(session);
    if (const auto* said = std::get_if<bot::Say>(&content)) return say(session, *said);
    if (const auto* announcement = std::get_if<bot::Announce>(&content)) return announce(session, *announcement);
    if (std::holds_alternative<bot::ArchiveRoom>(content)) return archive_room(session);
    if (std::holds_alternative<bot::AddBookmarks>(content)) return add_bookmarks(session);
    if (const auto* page = std::get_if<bot::PagePerson>(&content)) return page_person(session, *page);
    return bot::Refused{"Matrix has no place for a public update.", false};
  }

  Progress take_up(const std::string& message_id) {
    bot::Lock lock(mutex_);
    const auto it = progress_.find(message_id);
    return it == progress_.end() ? Progress{} : it->second;
  }
  void put_down(const std::string& message_id, bool goes_on, Progress progress) {
    const bool worth_keeping = progress.next_alias > 1 || progress.half_made_since || !progress.invited.empty() || !progress.refused.empty();
    bot::Lock lock(mutex_);
    if (goes_on && worth_keeping) progress_[message_id] = std::move(progress);
    else progress_.erase(message_id);
  }

  const std::string name_ = kIntegration;
  const bot::Settings& settings_;
  std::shared_ptr<Api> api_;
  const bot::People& people_;
  bot::Clock& clock_;
  SenderLimits limits_;
  Chores* const chores_;
  bot::Mutex mutex_;
  std::map<std::string, Progress> progress_ GUARDED_BY(mutex_);  ///< of messages under way
};

}  // namespace

std::unique_ptr<bot::Sender> make_sender(const bot::Settings& settings, std::shared_ptr<Api> api, const bot::People& people, bot::Env env, SenderLimits limits, Chores* chores) {
  return std::make_unique<MatrixSender>(settings, std::move(api), people, env, limits, chores);
}

}  // namespace matrix
