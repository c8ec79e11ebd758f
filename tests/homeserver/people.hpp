// People with a real client (matrix-nio) on a real homeserver. Place: tests only. Owns the Python process. Threads: one test thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/homeserver/homeserver.hpp"

namespace support {

/// The script of a person with matrix-js-sdk, which runs where tests/homeserver/install_js put the packages.
std::string other_client();

class MatrixPeople {
 public:
  /// `url`: the homeserver's, or that of something before it.
  explicit MatrixPeople(const std::string& url);
  ~MatrixPeople();
  MatrixPeople(const MatrixPeople&) = delete;

  void enter(const std::string& who, const Account& account);
  bool join(const std::string& who, const std::string& room_or_alias);
  std::string say(const std::string& who, const std::string& room, const std::string& words);  ///< the event's id
  std::string send(const std::string& who, const std::string& room, const nlohmann::json& content, const std::string& type = "m.room.message",
                   const std::string& txn = "");
  std::string react(const std::string& who, const std::string& room, const std::string& event, const std::string& key);
  /// What the client was given for the room so far, in order.
  nlohmann::json events(const std::string& who, const std::string& room);
  /// The first message whose body holds `words`; null when it does not come.
  nlohmann::json waits_for_words(const std::string& who, const std::string& room, const std::string& words, double seconds = 30);

  nlohmann::json ask(nlohmann::json question);

 private:
  pid_t pid_ = -1;
  int to_ = -1, from_ = -1;
  std::string rest_;
};

}  // namespace support
