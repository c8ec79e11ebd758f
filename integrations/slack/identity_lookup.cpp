#include "integrations/slack/identity_lookup.hpp"

namespace slack {
namespace {
constexpr bot::Millis kAgain{30000}, kKnown{3600000}, kTime{4000};
}

IdentityLookup::IdentityLookup(const bot::SlackSettings& settings, http::Client& client, bot::Clock& clock, Workspace& workspace)
    : clock_(clock), workspace_(workspace), api_(settings, client, clock, workspace), loop_("slack-identity", [this] { return look(); }) {
  if (!settings.bot_token.empty()) loop_.start();
}

bot::Millis IdentityLookup::look() {
  if (workspace_.identity()) return kKnown;
  const Budget budget(clock_, kTime, kTime);
  return api_.learn_identity(budget) ? kAgain : kKnown;
}

}  // namespace slack
