// Calls and their results as bytes between Muster and its process for outgoing calls.
// Place: outbound.cpp and outbound_child.cpp, the two ends of one socket on one machine, of one build: native byte order, no versions.
// Shape: four bytes of length, then that many bytes: the call's number and the rest. A text is its length and its bytes.
// Errors: bytes that do not fit answer nullopt or false; the connection is of no use afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "bot/mutex.hpp"
#include "integrations/http/client.hpp"

namespace http {

struct NumberedCall { std::uint64_t number = 0; Call call; };
struct NumberedResult { std::uint64_t number = 0; CallResult result; };

std::string frame_of(const NumberedCall& call);
std::string frame_of(const NumberedResult& result);
std::optional<NumberedCall> call_in(const std::string& frame);
std::optional<NumberedResult> result_in(const std::string& frame);

/// For a websocket's process: one letter and a text.
std::string frame_of(char kind, const std::string& text);

/// One end of the socket. Threads: send() from any, receive() from one.
class FrameSocket {
 public:
  explicit FrameSocket(int fd);
  ~FrameSocket();
  FrameSocket(const FrameSocket&) = delete;
  FrameSocket& operator=(const FrameSocket&) = delete;

  /// All of it or false; after false the other end cannot have understood any of it, and nothing more can be sent.
  bool send(const std::string& frame);
  enum class Heard { frame, nothing, end };
  /// Waits at most `most` (negative: for ever). A frame longer than `limit` says is the end.
  Heard receive(std::string& frame, const std::function<std::size_t()>& limit, bot::Millis most);
  /// Both ends hear the end.
  void shut();

 private:
  const int fd_;
  bot::Mutex sending_;
  bool broken_ GUARDED_BY(sending_) = false;
  std::string heard_;
};

}  // namespace http
