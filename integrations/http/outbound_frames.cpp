#include "integrations/http/outbound_frames.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace http {
namespace {

constexpr std::size_t kLength = sizeof(std::uint32_t);
constexpr timeval kStuck{5, 0};  ///< an end that takes nothing for so long will take nothing any more

class Writer {
 public:
  Writer() : bytes_(kLength, '\0') {}
  template <typename Number>
  Writer& number(Number n) {
    bytes_.append(reinterpret_cast<const char*>(&n), sizeof n);
    return *this;
  }
  Writer& text(const std::string& t) {
    number(static_cast<std::uint32_t>(t.size()));
    bytes_ += t;
    return *this;
  }
  Writer& headers(const Headers& all) {
    number(static_cast<std::uint32_t>(all.size()));
    for (const auto& [name, value] : all) text(name).text(value);
    return *this;
  }
  std::string frame() {
    const auto length = static_cast<std::uint32_t>(bytes_.size() - kLength);
    std::memcpy(bytes_.data(), &length, kLength);
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}
  template <typename Number>
  bool number(Number& n) {
    if (bytes_.size() - at_ < sizeof n) return false;
    std::memcpy(&n, bytes_.data() + at_, sizeof n);
    at_ += sizeof n;
    return true;
  }
  bool text(std::string& t) {
    std::uint32_t size = 0;
    if (!number(size) || bytes_.size() - at_ < size) return false;
    t.assign(bytes_, at_, size);
    at_ += size;
    return true;
  }
  bool headers(Headers& all) {
    std::uint32_t count = 0;
    if (!number(count)) return false;
    std::string name, value;
    for (; count > 0; --count) {
      if (!text(name) || !text(value)) return false;
      all.emplace_back(std::move(name), std::move(value));
    }
    return true;
  }
  bool ended() const { return at_ == bytes_.size(); }

 private:
  const std::string& bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::string frame_of(const NumberedCall& call) {
  const Call& c = call.call;
  return Writer().number(call.number).number(std::int64_t{c.deadline.count()}).number(std::uint64_t{c.answer_cap})
      .text(c.method).text(c.url).headers(c.headers).text(c.body).frame();
}

std::string frame_of(const NumberedResult& result) {
  Writer out;
  out.number(result.number);
  if (const auto* answer = std::get_if<Answer>(&result.result))
    out.number(std::uint8_t{1}).number(std::int32_t{answer->status}).headers(answer->headers).text(answer->body);
  else
    out.number(std::uint8_t{0}).number(std::uint8_t{std::get<CallFailure>(result.result).maybe_done}).text(std::get<CallFailure>(result.result).reason);
  return out.frame();
}

std::optional<NumberedCall> call_in(const std::string& frame) {
  NumberedCall out;
  std::int64_t deadline = 0;
  std::uint64_t cap = 0;
  Reader in(frame);
  if (!in.number(out.number) || !in.number(deadline) || !in.number(cap) || !in.text(out.call.method) || !in.text(out.call.url) ||
      !in.headers(out.call.headers) || !in.text(out.call.body) || !in.ended())
    return {};
  out.call.deadline = bot::Millis{deadline};
  out.call.answer_cap = cap;
  return out;
}

std::optional<NumberedResult> result_in(const std::string& frame) {
  NumberedResult out;
  std::uint8_t answered = 0;
  Reader in(frame);
  if (!in.number(out.number) || !in.number(answered) || answered > 1) return {};
  if (answered == 1) {
    Answer answer;
    std::int32_t status = 0;
    if (!in.number(status) || status < 100 || status > 999 || !in.headers(answer.headers) || !in.text(answer.body) || !in.ended()) return {};
    answer.status = status;
    out.result = std::move(answer);
    return out;
  }
  CallFailure failure;
  std::uint8_t maybe = 1;
  if (!in.number(maybe) || maybe > 1 || !in.text(failure.reason) || !in.ended()) return {};
  failure.maybe_done = maybe == 1;
  out.result = std::move(failure);
  return out;
}

std::string frame_of(char kind, const std::string& text) {
  std::string out(kLength, '\0');
  const auto length = static_cast<std::uint32_t>(text.size() + 1);
  std::memcpy(out.data(), &length, kLength);
  return out.append(1, kind).append(text);
}

FrameSocket::FrameSocket(int fd) : fd_(fd) { ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kStuck, sizeof kStuck); }
FrameSocket::~FrameSocket() { ::close(fd_); }
void FrameSocket::shut() { ::shutdown(fd_, SHUT_RDWR); }

bool FrameSocket::send(const std::string& frame) {
  bot::Lock lock(sending_);
  for (std::size_t sent = 0; sent < frame.size() && !broken_;) {
    const ssize_t n = ::send(fd_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<std::size_t>(n);
    else if (errno != EINTR) broken_ = true;
  }
  if (broken_) shut();  // half a frame may be under way: the other end must not wait for the rest
  return !broken_;
}

FrameSocket::Heard FrameSocket::receive(std::string& frame, const std::function<std::size_t()>& limit, bot::Millis most) {
  for (;;) {
    if (heard_.size() >= kLength) {
      std::uint32_t length = 0;
      std::memcpy(&length, heard_.data(), kLength);
      if (length > limit()) return Heard::end;
      if (heard_.size() - kLength >= length) {
        frame.assign(heard_, kLength, length);
        heard_.erase(0, kLength + length);
        if (heard_.empty()) heard_ = std::string();  // one large answer must not hold its memory for ever
        return Heard::frame;
      }
    }
    pollfd waiting{fd_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, most.count() < 0 ? -1 : static_cast<int>(most.count()));
    if (ready == 0) return Heard::nothing;
    if (ready < 0 && errno == EINTR) continue;
    char bytes[16384];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return Heard::end;
    heard_.append(bytes, static_cast<std::size_t>(n));
  }
}

}  // namespace http
