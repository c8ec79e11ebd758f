#include "integrations/http/outbound.hpp"

#include <algorithm>

#include "bot/log.hpp"
#include "integrations/http/outbound_process.hpp"

namespace http {
namespace {

constexpr bot::Millis kLate{1000};       ///< beyond a call's deadline, for the process to say what it knows
constexpr bot::Millis kStuck{10000};     ///< beyond that, it is taken for dead
constexpr bot::Millis kLook{1000};
constexpr bot::Millis kFirstPause{50};   ///< after a death; doubled with each in a row
constexpr bot::Millis kLongestPause{5000};
constexpr std::size_t kHeadersAndMore = 256u << 10;
constexpr std::size_t kMostCalls = 64;

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

}  // namespace

Outbound::Outbound(std::string name, GuardedOptions options) : name_(std::move(name)), options_(std::move(options)), keeper_([this] { keep(); }) {}

Outbound::~Outbound() {
  hang_up();
  keeper_.join();
}

void Outbound::hang_up() {
  {
    bot::Lock lock(mutex_);
    stopping_ = true;
    if (socket_) socket_->shut();
  }
  wanted_.notify_all();
  started_.notify_all();
}

std::shared_ptr<FrameSocket> Outbound::wait_for_process(bot::Lock& lock, SteadyTime until, CallFailure& failure) {
  const int failed = failed_starts_;
  ++waiting_;
  wanted_.notify_one();
  started_.wait_until(lock.native(), until, [&]() REQUIRES_LOCK(mutex_) { return stopping_ || socket_ || failed_starts_ != failed; });
  --waiting_;
  if (!stopping_ && socket_) return socket_;
  failure = {false, stopping_ ? "Muster is stopping." : failed_starts_ != failed ? start_failure_ : "The process for outgoing calls was not ready in time."};
  return {};
}

CallResult Outbound::call(const Call& call) {
  const auto until = now() + call.deadline;
  const auto pending = std::make_shared<Pending>();
  std::shared_ptr<FrameSocket> socket;
  NumberedCall numbered{0, call};
  {
    bot::Lock lock(mutex_);
    CallFailure failure;
    if (calls_.size() >= kMostCalls) return CallFailure{false, "Too many calls are under way."};
    socket = wait_for_process(lock, until, failure);
    if (!socket) return failure;
    numbered.number = ++last_number_;
    numbered.call.deadline = std::max(bot::Millis{1}, std::chrono::duration_cast<bot::Millis>(until - now()));
    pending->cap = call.answer_cap;
    pending->late = until + kLate;
    calls_[numbered.number] = pending;
  }
  const bool sent = socket->send(frame_of(numbered));
  bot::Lock lock(mutex_);
  if (!sent) {
    calls_.erase(numbered.number);
    return CallFailure{false, "The process for outgoing calls took no call."};
  }
  pending->done.wait_until(lock.native(), pending->late, [&]() REQUIRES_LOCK(mutex_) { return pending->result.has_value(); });
  if (pending->result) return std::move(*pending->result);
  return CallFailure{true, "No answer within " + std::to_string(call.deadline.count()) + " ms."};  // its entry stays, for the keeper to judge
}

void Outbound::keep() {
  while (wait_until_wanted()) {
    auto process = start_outbound(options_.command);
    if (!process) {
      bot::log(bot::LogLevel::error, "outbound_not_started", {{"host", name_}, {"why", process.error().message}});
      bot::Lock lock(mutex_);
      ++failed_starts_;
      start_failure_ = process.error().message;
      next_start_ = now() + std::min(kLongestPause, kFirstPause * (1 << std::min(++deaths_, 7)));
      started_.notify_all();
      continue;
    }
    const auto socket = std::make_shared<FrameSocket>(process->socket);
    {
      bot::Lock lock(mutex_);
      socket_ = socket;
      if (stopping_) socket->shut();
    }
    started_.notify_all();
    const std::string fault = listen(*socket);
    end(process->pid, fault);
  }
}

bool Outbound::wait_until_wanted() {
  bot::Lock lock(mutex_);
  wanted_.wait(lock.native(), [&]() REQUIRES_LOCK(mutex_) { return stopping_ || waiting_ > 0; });
  wanted_.wait_until(lock.native(), next_start_, [&]() REQUIRES_LOCK(mutex_) { return stopping_; });
  return !stopping_;
}

std::string Outbound::listen(FrameSocket& socket) {
  auto last_busy = now();
  std::string frame;
  for (;;) {
    bool stuck = false, busy = false;
    {
      bot::Lock lock(mutex_);
      if (stopping_) return {};
      busy = !calls_.empty();
      for (const auto& [number, call] : calls_) stuck = stuck || now() > call->late + kStuck;
    }
    if (stuck) return "did not answer";
    if (busy) last_busy = now();
    switch (socket.receive(frame, [this] { return longest_answer(); }, busy ? kLook : std::min(options_.idle, kLook * 10))) {
      case FrameSocket::Heard::frame: {
        auto result = result_in(frame);
        if (!result || !deliver(std::move(*result))) return "sent something else than answers";
        deaths_ = 0;
        break;
      }
      case FrameSocket::Heard::nothing:
        if (!busy && retire_if_idle(last_busy)) return {};
        break;
      case FrameSocket::Heard::end: return "ended";
    }
  }
}

std::size_t Outbound::longest_answer() {
  bot::Lock lock(mutex_);
  std::size_t cap = 0;
  for (const auto& [number, call] : calls_) cap = std::max(cap, call->cap);
  return cap + kHeadersAndMore;
}

bool Outbound::deliver(NumberedResult result) {
  bot::Lock lock(mutex_);
  const auto it = calls_.find(result.number);
  if (it == calls_.end()) return false;
  if (const auto* answer = std::get_if<Answer>(&result.result); answer && answer->body.size() > it->second->cap) return false;
  it->second->result = std::move(result.result);
  it->second->done.notify_all();
  calls_.erase(it);
  return true;
}

bool Outbound::retire_if_idle(SteadyTime last_busy) {
  bot::Lock lock(mutex_);
  if (!calls_.empty() || now() - last_busy < options_.idle) return false;
  socket_.reset();
  return true;
}

void Outbound::end(pid_t pid, const std::string& fault) {
  int lost = 0;
  {
    bot::Lock lock(mutex_);
    if (socket_) socket_->shut();
    socket_.reset();
  }
  const std::string how = end_outbound(pid);  // only when it can do nothing any more are its calls given up
  {
    bot::Lock lock(mutex_);
    for (auto& [number, call] : calls_) {
      call->result = CallFailure{true, "The process for outgoing calls ended during this call."};
      call->done.notify_all();
      ++lost;
    }
    calls_.clear();
    if (stopping_ || fault.empty()) return;
  }
  next_start_ = now() + std::min(kLongestPause, kFirstPause * (1 << std::min(deaths_++, 7)));
  bot::log(bot::LogLevel::warning, "outbound_lost", {{"host", name_}, {"what", fault}, {"how", how}, {"calls", lost}});
}

}  // namespace http
