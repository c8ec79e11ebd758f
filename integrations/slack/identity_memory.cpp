#include "integrations/slack/identity_memory.hpp"

#include <nlohmann/json.hpp>

#include "integrations/codec/codec.hpp"
#include "integrations/slack/payload.hpp"

namespace slack {
namespace {
constexpr const char* kIdentity = "slack/identity";
}

bot::AdapterState identity_state(const Identity& identity) {
  return {kIdentity, codec::dump({{"team", identity.team_id}, {"enterprise", identity.enterprise_id}, {"user", identity.user_id}, {"bot", identity.bot_id},
                                  {"app", identity.app_id}, {"whole_enterprise", identity.whole_enterprise}})};
}

std::optional<Identity> kept_identity(bot::Reader& reader) {
  const auto kept = reader.adapter_state(kIdentity);
  if (!kept || !*kept) return std::nullopt;
  const auto json = codec::parse(**kept);
  if (!json || text_of(*json, "team").empty()) return std::nullopt;
  return Identity{text_of(*json, "team"), text_of(*json, "enterprise"), text_of(*json, "user"), text_of(*json, "bot"), text_of(*json, "app"), is_true(*json, "whole_enterprise")};
}

}  // namespace slack
