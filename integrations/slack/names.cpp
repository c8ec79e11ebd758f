#include "integrations/slack/names.hpp"

#include <nlohmann/json.hpp>

#include "integrations/slack/payload.hpp"

namespace slack {
namespace {

using nlohmann::json;
constexpr bot::Millis kNext{3000}, kIdle{5000}, kSilent{30000}, kAskAgain{6 * 3600000}, kRefusedFor{7 * 86400000LL};
constexpr std::size_t kRemembered = 20000;
constexpr const char* kPrefix = "slack:";

}  // namespace

Names::Names(const bot::SlackSettings& settings, http::Client& client, bot::People& people, bot::Clock& clock, std::shared_ptr<Workspace> workspace)
    : people_(people), clock_(clock), workspace_(std::move(workspace)), api_(settings, client, clock, *workspace_), loop_("slack-names", [this] { return step(); }) {}

std::optional<bot::Person> Names::unnamed() {
  for (auto& person : people_.all()) {
    if (person.id.rfind(kPrefix, 0) != 0) continue;
    const std::string tail = person.id.substr(6);
    if (!is_user_id(tail) || !(person.name.empty() || person.name == tail)) continue;
    const auto wait = not_before_.find(person.id);
    if (wait == not_before_.end() || wait->second <= clock_.monotonic()) return std::move(person);
  }
  return std::nullopt;
}

bot::Millis Names::step() {
  auto person = unnamed();
  if (!person) return kIdle;
  if (not_before_.size() > kRemembered) not_before_.clear();
  const Budget budget(clock_, bot::Millis{8000}, bot::Millis{8000}, Urgency::cosmetic);
  json answer;
  const auto problem = api_.call("users.info", {{"user", person->id.substr(6)}}, budget, answer);
  if (problem && problem->outcome != Outcome::refused) return std::max(kSilent, problem->after.value_or(kSilent));
  const std::string name = problem ? "" : shown_name(object_of(answer, "user"));
  not_before_[person->id] = clock_.monotonic() + (problem ? kRefusedFor : kAskAgain);
  if (name.empty()) return kNext;
  person->name = name;
  people_.put(*person);
  workspace_->named(person->id);
  return kNext;
}

}  // namespace slack
