// Private answers for browsers without JavaScript: the POST redirects, the next page shows the reply. In memory: a restart loses nothing
// but words that were already shown or can be asked for again.
// Threads: any; one mutex.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "bot/mutex.hpp"

namespace console {

struct KeptReply {
  std::string session_hash, id, html;
  std::string text;  ///< what was typed, put back into the box when it was not recorded
};

class Replies {
 public:
  void keep(KeptReply reply);
  /// Only its own session gets it; it stays, so that reloading shows it again.
  std::optional<KeptReply> find(const std::string& session_hash, const std::string& id) const;

 private:
  static constexpr std::size_t kMost = 500;
  mutable bot::Mutex mutex_;
  std::deque<KeptReply> kept_ GUARDED_BY(mutex_);
};

}  // namespace console
