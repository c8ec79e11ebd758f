// What the load generator says and how it says it: one keep-alive connection, and the requests of each mode.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace load {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string host = "127.0.0.1", path, secret = "benchmark-signing-secret";
  std::string verb = "note";   ///< note, severity, declare
  std::string mode = "slack";  ///< slack (secret: signing secret), api (token), alert (the key is in the path)
  std::string from = "due";    ///< due, sent
  int port = 8080, connections = 64, incidents = 8;
  int count = 0;               ///< ends after so many answers; 0: after `seconds`
  double seconds = 5, warmup = 1, rate = 0;
};

struct Connection {
  int fd = -1;
  std::string out;  // not yet written
  std::string in;   // not yet understood
  bool busy = false, waits_to_write = false;
  Clock::time_point due{};

  bool open(const Options& o) {
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(o.port));
    inet_pton(AF_INET, o.host.c_str(), &to.sin_addr);
    if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return false;
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    busy = waits_to_write = false;
    return true;
  }
  void close() {
    ::close(fd);
    out.clear();
    in.clear();
  }
  /// False: something is left, or (errno is not EAGAIN) the connection is gone.
  bool flush() {
    while (!out.empty()) {
      const auto n = send(fd, out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n <= 0) return false;
      out.erase(0, static_cast<std::size_t>(n));
    }
    return true;
  }
  bool receive() {
    char buffer[16384];
    const auto n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0) in.append(buffer, static_cast<std::size_t>(n));
    return n > 0 || (n < 0 && errno == EAGAIN);
  }
  /// Takes one whole answer from what was received.
  bool take_answer(int& status, std::string& body) {
    const auto head = in.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    std::string lower = in.substr(0, head);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::size_t length = 0;
    if (const auto at = lower.find("content-length:"); at != std::string::npos) length = std::strtoul(lower.c_str() + at + 15, nullptr, 10);
    if (lower.find("transfer-encoding: chunked") != std::string::npos) {  // Bolt answers so
      const auto last = in.find("0\r\n\r\n", head + 4);
      if (last == std::string::npos) return false;
      length = last + 5 - (head + 4);
    }
    if (in.size() < head + 4 + length) return false;
    status = std::atoi(in.c_str() + 9);
    body = in.substr(head + 4, length);
    in.erase(0, head + 4 + length);
    return true;
  }
};

/// The requests, one after another, all different.
class Words {
 public:
  explicit Words(const Options& o) : o_(o), run_(std::to_string(std::chrono::system_clock::now().time_since_epoch().count())) {}
  std::uint64_t made() const { return count_; }

  std::string next() {
    ++count_;
    if (o_.mode == "api") return post("/api/v1/commands", "Authorization: Bearer " + o_.secret + "\r\nContent-Type: application/json\r\n", "{\"text\":\"" + text() + "\"}");
    if (o_.mode == "alert") return post("/hooks/alertmanager/key", "Content-Type: application/json\r\n", alert());
    return slack();
  }

 private:
  std::string text() const {
    if (o_.verb == "declare") return "declare sev3 made by load " + std::to_string(count_);
    const auto incidents = static_cast<std::uint64_t>(o_.incidents);
    const auto incident = "INC-" + std::to_string(1 + count_ % incidents);
    // Each incident moves through all four severities in turn, so that every command is a change.
    if (o_.verb == "severity") return incident + " severity sev" + std::to_string(1 + (count_ / incidents) % 4);
    return incident + " note load " + std::to_string(count_);
  }

  std::string alert() const {
    const std::string id = run_ + "-" + std::to_string(count_);
    return "{\"version\":\"4\",\"groupKey\":\"" + id + "\",\"status\":\"firing\",\"receiver\":\"muster\",\"groupLabels\":{},\"commonLabels\":{},\"commonAnnotations\":{},"
           "\"externalURL\":\"\",\"alerts\":[{\"status\":\"firing\",\"labels\":{\"alertname\":\"Load\",\"severity\":\"critical\",\"n\":\"" + id + "\"},\"annotations\":{\"summary\":\"load\"},"
           "\"startsAt\":\"2026-11-23T10:00:00Z\",\"endsAt\":\"0001-01-01T00:00:00Z\",\"generatorURL\":\"\",\"fingerprint\":\"" + id + "\"}]}";
  }

  std::string slack() const {
    std::string what = text();
    std::replace(what.begin(), what.end(), ' ', '+');
    const std::string body = "token=x&team_id=T1&team_domain=t&channel_id=C0OTHER&channel_name=x&user_id=U01&user_name=alice&command=%2Fincident&text=" + what +
                             "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1&api_app_id=A1&trigger_id=" + run_ + "." + std::to_string(count_);
    const std::string stamp = std::to_string(std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1));
    const std::string base = "v0:" + stamp + ":" + body;
    unsigned char mac[32];
    unsigned n = 0;
    HMAC(EVP_sha256(), o_.secret.data(), static_cast<int>(o_.secret.size()), reinterpret_cast<const unsigned char*>(base.data()), base.size(), mac, &n);
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    for (const unsigned char b : mac) hex += {digits[b >> 4], digits[b & 15]};
    return post("/slack/commands", "Content-Type: application/x-www-form-urlencoded\r\nX-Slack-Request-Timestamp: " + stamp + "\r\nX-Slack-Signature: v0=" + hex + "\r\n", body);
  }

  std::string post(const std::string& path, const std::string& headers, const std::string& body) const {
    return "POST " + (o_.path.empty() ? path : o_.path) + " HTTP/1.1\r\nHost: " + o_.host + ":" + std::to_string(o_.port) + "\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  const Options o_;
  const std::string run_;
  std::uint64_t count_ = 0;
};

}  // namespace load
