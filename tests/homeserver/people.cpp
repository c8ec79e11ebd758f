#include "tests/homeserver/people.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/muster_process.hpp"

namespace support {

std::string other_client() { return std::string(MUSTER_SOURCE_DIR) + "/tests/homeserver/js/client.mjs"; }

MatrixPeople::MatrixPeople(const std::string& url) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) std::abort();
  const std::string python = homeserver_python(), script = std::string(MUSTER_SOURCE_DIR) + "/tests/homeserver/people.py";
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);  // matrix-nio tells there of every odd event it meets
    execl(python.c_str(), python.c_str(), script.c_str(), url.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to_ = in[1];
  from_ = out[0];
}

MatrixPeople::~MatrixPeople() {
  close(to_);
  if (!wait_for([this] { return waitpid(pid_, nullptr, WNOHANG) != 0; }, 5)) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(from_);
}

nlohmann::json MatrixPeople::ask(nlohmann::json question) {
  const std::string line = question.dump() + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t n = write(to_, line.data() + at, line.size() - at);
    if (n <= 0) FAIL("the people's client has ended");
    at += static_cast<std::size_t>(n);
  }
  for (std::size_t end; true;) {
    if (end = rest_.find('\n'); end != std::string::npos) {
      const auto answer = nlohmann::json::parse(rest_.substr(0, end));
      rest_.erase(0, end + 1);
      return answer;
    }
    char part[65536];
    const ssize_t n = read(from_, part, sizeof part);
    if (n <= 0) FAIL("the people's client ended at " << line);
    rest_.append(part, static_cast<std::size_t>(n));
  }
}

void MatrixPeople::enter(const std::string& who, const Account& account) {
  const auto answer = ask({{"do", "enter"}, {"who", who}, {"user_id", account.user_id}, {"device_id", account.device_id}, {"token", account.token}});
  INFO(answer.dump());
  REQUIRE(answer["ok"] == true);
}

bool MatrixPeople::join(const std::string& who, const std::string& room) { return ask({{"do", "join"}, {"who", who}, {"room", room}})["ok"] == true; }

std::string MatrixPeople::say(const std::string& who, const std::string& room, const std::string& words) {
  return send(who, room, {{"msgtype", "m.text"}, {"body", words}, {"m.mentions", nlohmann::json::object()}});
}

std::string MatrixPeople::send(const std::string& who, const std::string& room, const nlohmann::json& content, const std::string& type, const std::string& txn) {
  const auto answer = ask({{"do", "send"}, {"who", who}, {"room", room}, {"content", content}, {"type", type}, {"txn", txn}});
  INFO(answer.dump());
  CHECK(answer["ok"] == true);
  return answer.value("event", "");
}

std::string MatrixPeople::react(const std::string& who, const std::string& room, const std::string& event, const std::string& key) {
  return send(who, room, {{"m.relates_to", {{"rel_type", "m.annotation"}, {"event_id", event}, {"key", key}}}}, "m.reaction");
}

nlohmann::json MatrixPeople::events(const std::string& who, const std::string& room) {
  return ask({{"do", "events"}, {"who", who}, {"room", room}}).value("events", nlohmann::json::array());
}

nlohmann::json MatrixPeople::waits_for_words(const std::string& who, const std::string& room, const std::string& words, double seconds) {
  nlohmann::json found;
  wait_for(
      [&] {
        for (const auto& event : events(who, room)) {
          const auto content = event.value("content", nlohmann::json::object());
          if (content.contains("body") && content["body"].is_string() && content["body"].get<std::string>().find(words) != std::string::npos) {
            found = event;
            return true;
          }
        }
        return false;
      },
      seconds);
  return found;
}

}  // namespace support
