#include "bot/sender.hpp"

namespace bot {

const std::string& SendContext::reference(const std::string& what) const {
  static const std::string none;
  for (const auto& r : references)
    if (r.what == what) return r.id;
  return none;
}

}  // namespace bot
