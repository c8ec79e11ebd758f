// A real Matrix homeserver (Synapse) on loopback for one test program: its own folder, port, database and limits; stopped whatever happens.
// Place: tests only. It is installed by tests/homeserver/install. Threads: one test thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "integrations/http/client.hpp"

namespace support {

struct HomeserverOptions {
  std::string room_version = "11";
  bool default_limits = false;       ///< Synapse's own rate limits; otherwise none is ever met
  std::string limits = "";           ///< YAML of rc_… settings instead of either
  bool encrypts_everything = false;  ///< encryption_enabled_by_default_for_room_type: all
  std::string app_service = "";      ///< registration file; relative: in the homeserver's folder, and there when it is started
};

struct Account { std::string user_id, token, device_id; };

class RealHomeserver {
 public:
  static constexpr const char* kServerName = "muster.test";
  /// Why there is none, "" when it is installed. Says so loudly once, and fails the test when MUSTER_HOMESERVER=required.
  static std::string missing();

  explicit RealHomeserver(HomeserverOptions options = {});
  ~RealHomeserver();
  RealHomeserver(const RealHomeserver&) = delete;

  bool start(double seconds = 120);  ///< waits for /health; the port stays the same over restarts
  int stop();                        ///< SIGTERM and wait; the exit code
  void kill9();
  bool running() const { return pid_ > 0; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  const std::string& folder() const { return folder_; }
  std::string log() const;
  std::size_t resident_bytes() const;

  /// Registered with the shared secret: no login, no limit. The account has a device.
  Account add(const std::string& name, bool admin = false);
  struct Heard { int status = 0; nlohmann::json body; };
  /// `path` after "/_matrix/client/", already encoded.
  Heard call(const std::string& method, const std::string& path, const Account& as, const nlohmann::json& body = nullptr);
  Heard state(const std::string& room, const std::string& type, const Account& as, const std::string& key = "");
  std::string room_of(const std::string& alias, const Account& as);  ///< "#inc-1-x:muster.test" → id, "" when there is none
  /// Everything of a room the account may see, oldest first.
  nlohmann::json history(const std::string& room, const Account& as);

 private:
  Heard call_any(const std::string& method, const std::string& path, const std::string& token, const nlohmann::json& body);

  std::string folder_;
  int port_ = 0;
  pid_t pid_ = -1;
  std::unique_ptr<http::Client> client_;
};

/// Where tests/homeserver/install put the Python environment.
std::string homeserver_python();

}  // namespace support
