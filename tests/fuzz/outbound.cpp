// The frames between Muster and its processes for outgoing calls: what is taken for a frame says exactly that and nothing more, what is sent comes
// back as it was, and a frame longer than allowed ends the talk.
// The first byte says which: c a call, r a result, s a stream of frames, w a call or result of any words.
#include <sys/socket.h>
#include <unistd.h>

#include "integrations/http/outbound_frames.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using fuzz::must;

constexpr std::size_t kLength = sizeof(std::uint32_t);

/// A frame without its length, as receive() hands it out.
std::string inside(const std::string& frame) { return frame.substr(kLength); }

void call_bytes(const std::string& bytes) {
  if (const auto call = http::call_in(bytes)) must(inside(http::frame_of(*call)) == bytes);
}

void result_bytes(const std::string& bytes) {
  const auto result = http::result_in(bytes);
  if (!result) return;
  must(inside(http::frame_of(*result)) == bytes);
  if (const auto* answer = std::get_if<http::Answer>(&result->result)) must(answer->status >= 100 && answer->status <= 999);
}

/// Read from a socket whose other end says just this and goes away.
void stream(const std::string& bytes, std::size_t limit) {
  int ends[2];
  must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = ::send(ends[1], bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;  // no more fits unread
    at += static_cast<std::size_t>(n);
  }
  ::shutdown(ends[1], SHUT_WR);
  http::FrameSocket socket(ends[0]);
  std::string frame, heard;
  while (socket.receive(frame, [limit] { return limit; }, bot::Millis{0}) == http::FrameSocket::Heard::frame) {
    must(frame.size() <= limit);
    const auto length = static_cast<std::uint32_t>(frame.size());
    heard.append(reinterpret_cast<const char*>(&length), sizeof length);
    heard += frame;
    call_bytes(frame);
    result_bytes(frame);
  }
  must(bytes.compare(0, heard.size(), heard) == 0);
  ::close(ends[1]);
}

void any_words(fuzz::Input& input) {
  http::NumberedCall call;
  call.number = input.byte();
  call.call.method = input.piece();
  call.call.url = input.piece();
  call.call.headers = {{input.piece(), input.piece()}, {input.piece(), ""}};
  call.call.deadline = bot::Millis{input.byte() * 1000};
  call.call.answer_cap = input.byte();
  call.call.body = input.rest();
  const auto again = http::call_in(inside(http::frame_of(call)));
  must(again && again->number == call.number && again->call.method == call.call.method && again->call.url == call.call.url &&
       again->call.headers == call.call.headers && again->call.body == call.call.body && again->call.deadline == call.call.deadline &&
       again->call.answer_cap == call.call.answer_cap);
  const auto failed = http::result_in(inside(http::frame_of(http::NumberedResult{call.number, http::CallFailure{call.number % 2 == 0, call.call.body}})));
  must(failed && std::get<http::CallFailure>(failed->result).reason == call.call.body && std::get<http::CallFailure>(failed->result).maybe_done == (call.number % 2 == 0));
  const auto answered = http::result_in(inside(http::frame_of(http::NumberedResult{7, http::Answer{200, call.call.headers, call.call.body}})));
  must(answered && std::get<http::Answer>(answered->result).headers == call.call.headers && std::get<http::Answer>(answered->result).body == call.call.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const char which = static_cast<char>(input.byte());
  if (which == 'c') call_bytes(input.rest());
  if (which == 'r') result_bytes(input.rest());
  if (which == 'w') any_words(input);
  if (which == 's') {
    const std::size_t limit = input.byte() * 64u;
    stream(input.rest().substr(0, 32768), limit);
  }
  return 0;
}
