// The stage of the Matrix scenarios: the real binary before a real Synapse, people with real clients, and a fake Slack where wanted.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/homeserver/people.hpp"
#include "tests/scenarios/recording_wire.hpp"
#include "tests/support/fake_slack.hpp"
#include "tests/support/fault_proxy.hpp"
#include "tests/support/muster_process.hpp"

namespace scene {

using nlohmann::json;

/// The homeserver without limits that most scenarios share; stopped with the program.
support::RealHomeserver& shared_homeserver();

/// With one whose registration "muster matrix register" writes before it is started.
support::HomeserverOptions for_app_service();

struct MatrixOptions {
  bool slack = false;
  bool wire_faults = false;                     ///< a FaultProxy stands before the homeserver
  std::string more = {};                        ///< further members of the matrix section: ", room_version: \"12\""
  bool app_service = false;                     ///< Muster as one; the homeserver must have been made `for_app_service()` and not be started
  bot::Millis each_call{0};                     ///< a RecordingWire before the homeserver makes each of Muster's calls so slow, but for /sync
};

class MatrixScene {
 public:
  static constexpr const char* kServiceToken = "token-of-the-homeserver-for-muster";

  /// Makes accounts and the room for announcements; alice, bob and mallory are in it. carol is an admin of Muster.
  explicit MatrixScene(support::RealHomeserver& homeserver, MatrixOptions options = {});

  /// Until Muster hears Matrix and is in the room for announcements: what was typed before is not obeyed.
  bool start();
  /// alice types it where announcements are.
  void declare(const std::string& title) { people->say("alice", announcements, "!incident declare sev1 " + title); }
  std::string alias(int incident, const std::string& slug) const;
  bool waits_for_membership(const std::string& room, const support::Account& who, const std::string& membership, double seconds = 60);
  /// The incident's room once it is there and alice is in it.
  std::string enter_room(int incident, const std::string& slug, double seconds = 60);
  /// The pinned event, "" when there is none.
  std::string pinned(const std::string& room);
  json entries(int incident = 1);
  int count(const std::string& kind, int incident = 1);
  bool waits_for(const std::string& kind, int times = 1, double seconds = 60, int incident = 1);
  json incident(int number = 1);
  std::string slash(const std::string& text, const std::string& user = "U01", const std::string& channel = "C0GENERAL");
  std::string slack_room(int incident = 1);

  /// Marks of Muster's messages and how often each is in the room.
  std::map<std::string, int> marks(const std::string& room);
  /// Bodies of Muster's messages, oldest first.
  std::vector<std::string> said(const std::string& room);
  int times_said(const std::string& room, const std::string& words);
  void check_once(const std::string& room);
  /// Lets whoever waits for news of the homeserver's go, so that the wires end at once. Muster is stopped.
  void end_polls() { people->say("alice", announcements, "That was all."); }

  std::string settings(const MatrixOptions& options) const;
  void register_service();
  void enter_everybody();

  support::RealHomeserver& hs;
  support::Account bot, alice, bob, carol, mallory, host;
  std::string name;                             ///< of this scene, in all that must be unique at the homeserver
  std::string announcements;                    ///< room id
  support::FakeSlack slack;
  std::unique_ptr<support::FaultProxy> wire;
  std::unique_ptr<RecordingWire> slow;          ///< Muster → homeserver, with each_call
  std::unique_ptr<RecordingWire> pushed;        ///< homeserver → Muster, with app_service
  std::unique_ptr<support::MusterProcess> muster;
  std::unique_ptr<support::MatrixPeople> people;
  std::unique_ptr<http::Client> client = http::make_client();
};

/// True, loudly, when there is no homeserver.
inline bool no_homeserver() { return !support::RealHomeserver::missing().empty(); }

}  // namespace scene
