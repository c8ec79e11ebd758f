// The App Home: open incidents as one person may see them, with their roles and the next step at hand.
// Place: part of the inbox; published when the person opens it or does something there. Threads: any; waits for Slack on the reception's.
// Errors: best effort. What cannot be shown is left as it was; everything in it can be typed as well.
#pragma once

#include "integrations/slack/reception.hpp"

namespace slack {

class Home {
 public:
  explicit Home(Reception& reception) : reception_(reception) {}
  /// `hash`: of the view the person has now, or "". Returns at once.
  void publish(const std::string& user, const std::string& hash);

 private:
  Reception& reception_;
};

/// The view as JSON. `person`: id, "" = nobody Muster knows.
std::string home_view(const std::vector<bot::Incident>& open, const std::string& person, bool admin, const View& drawing, bot::Time now);

}  // namespace slack
