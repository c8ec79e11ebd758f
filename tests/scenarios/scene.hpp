// The stage of every scenario: the real binary, a fake Slack, a fake Statuspage, on loopback.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/fake_slack.hpp"
#include "tests/support/fake_statuspage.hpp"
#include "tests/support/muster_process.hpp"

namespace scene {

struct Options {
  bool slack = true;
  bool vendor = true;
  bool rotating = false;              ///< the Slack app rotates its tokens
  std::string alice_webhook;
  std::string slack_url, vendor_url;  ///< instead of the fakes' own, when something stands before them
  std::string extra;                  ///< more settings sections
  std::string matrix_people;          ///< "-x:example.org": alice is @alice-x:example.org, and so on; "": nobody is in Matrix
};

class Scene {
 public:
  explicit Scene(Options options = {});

  /// A signed slash command as alice (U01) or another of the three; answers Slack's view of the reply (its text).
  std::string slash(const std::string& text, const std::string& user = "U01", const std::string& name = "alice", const std::string& channel = "C0GENERAL");
  /// Entries of an incident as the API tells them.
  nlohmann::json entries(int incident = 1);
  int count(const std::string& kind, int incident = 1);
  bool waits_for(const std::string& kind, int times = 1, double seconds = 30, int incident = 1);
  nlohmann::json incident(int number = 1);
  std::string public_page(const std::string& path);
  std::string room_name(int incident = 1);  ///< the fake Slack's channel of that incident, "" when none

  static constexpr const char* kGeneral = "C0GENERAL";

  support::FakeSlack slack;
  support::FakeStatuspage vendor;
  std::unique_ptr<http::Client> client = http::make_client();
  int page_port = support::free_port();
  std::unique_ptr<support::MusterProcess> muster;
};

/// declare → roles → status → public update on both pages → resolve, everything in Slack; checks what every vendor saw.
void run_story(Scene& s);

}  // namespace scene
