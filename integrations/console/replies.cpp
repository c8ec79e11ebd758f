#include "integrations/console/replies.hpp"

namespace console {

void Replies::keep(KeptReply reply) {
  const bot::Lock lock(mutex_);
  kept_.push_back(std::move(reply));
  if (kept_.size() > kMost) kept_.pop_front();
}

std::optional<KeptReply> Replies::find(const std::string& session_hash, const std::string& id) const {
  if (id.empty()) return std::nullopt;
  const bot::Lock lock(mutex_);
  for (auto it = kept_.rbegin(); it != kept_.rend(); ++it) {
    if (it->id == id && it->session_hash == session_hash) return *it;
  }
  return std::nullopt;
}

}  // namespace console
