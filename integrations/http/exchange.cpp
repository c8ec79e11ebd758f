#include "integrations/http/exchange.hpp"

#include "integrations/http/connection.hpp"

namespace http {
namespace {

/// What the handler holds; dropping it ends the answer, which the shared state alone could not notice.
class OpenStream final : public Stream {
 public:
  explicit OpenStream(std::shared_ptr<StreamState> state) : state_(std::move(state)) {}
  ~OpenStream() override { state_->close(); }
  bool write(std::string bytes) override { return state_->write(std::move(bytes)); }
  void close() override { state_->close(); }
  bool alive() const override { return state_->alive(); }
  std::size_t backlog() const override { return state_->backlog(); }
  void when_drained(std::function<void()> next) override { state_->when_drained(std::move(next)); }

 private:
  std::shared_ptr<StreamState> state_;
};

class OneExchange final : public Exchange {
 public:
  OneExchange(std::shared_ptr<Connection> connection, std::uint64_t turn) : connection_(std::move(connection)), turn_(turn) {}
  ~OneExchange() override {
    if (!answered_.exchange(true))
      connection_->answer(Response::problem(500, "This request was not answered because of a fault inside Muster."), turn_);
  }
  void respond(Response response) override {
    if (!answered_.exchange(true)) connection_->answer(std::move(response), turn_);
  }
  void respond_drawn(std::function<Response()> draw) override {
    if (!answered_.exchange(true)) connection_->answer_drawn(std::move(draw), turn_);
  }
  std::shared_ptr<Stream> stream(Response head) override {
    answered_ = true;
    return std::make_shared<OpenStream>(connection_->stream(std::move(head), turn_));
  }

 private:
  std::shared_ptr<Connection> connection_;
  std::uint64_t turn_;
  std::atomic<bool> answered_{false};
};

}  // namespace

std::shared_ptr<Exchange> make_exchange(std::shared_ptr<Connection> connection, std::uint64_t turn) {
  return std::make_shared<OneExchange>(std::move(connection), turn);
}

bool StreamState::write(std::string bytes) {
  if (!alive()) return false;
  if (bytes.empty()) return true;  // an empty chunk would end the answer
  bool tell = false;
  bool too_slow = false;
  {
    bot::Lock lock(mutex_);
    if (closing_ || !alive()) return false;
    if (backlog() > kMost) {
      too_slow = true;
    } else {
      backlog_ += bytes.size();
      if (waiting_.empty()) waiting_ = std::move(bytes);
      else waiting_ += bytes;
      tell = !std::exchange(told_, true);
    }
  }
  if (too_slow) {
    end();
    connection_->abort_soon();
    return false;
  }
  if (tell) connection_->flush_soon();
  return true;
}

void StreamState::close() {
  bool tell = false;
  {
    bot::Lock lock(mutex_);
    if (closing_) return;
    closing_ = true;
    tell = !std::exchange(told_, true);
  }
  if (tell) connection_->flush_soon();
}

void StreamState::when_drained(std::function<void()> next) {
  {
    bot::Lock lock(mutex_);
    if (!alive()) return;  // nobody will read the rest: the callback is dropped
    drained_ = std::move(next);
    if (std::exchange(told_, true)) return;
  }
  connection_->flush_soon();  // answers from the connection's thread even when everything is already written
}

std::string StreamState::take(std::size_t most, bool& last) {
  bot::Lock lock(mutex_);
  std::string out;
  if (waiting_.size() <= most) {
    out.swap(waiting_);
  } else {
    out = waiting_.substr(0, most);
    waiting_.erase(0, most);
  }
  told_ = !waiting_.empty();
  last = closing_ && waiting_.empty();
  return out;
}

void StreamState::written(std::size_t bytes) {
  std::function<void()> next;
  {
    bot::Lock lock(mutex_);
    if (!alive()) return;
    backlog_ -= bytes;
    if (backlog() >= kDrained) return;
    next.swap(drained_);
  }
  if (next) next();
}

void StreamState::end() {
  std::function<void()> dropped;  // destroyed outside the lock: it may hold the handler's Stream
  bot::Lock lock(mutex_);
  alive_ = false;
  dropped.swap(drained_);
  waiting_.clear();
  waiting_.shrink_to_fit();
  backlog_ = 0;
}

}  // namespace http
