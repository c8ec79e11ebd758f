// The acceptor, the workers and the sweep.
#include "integrations/http/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <charconv>
#include <thread>

#include "integrations/http/connection.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kSweep{100};
constexpr int kSweepsPerTlsCheck = 20;
constexpr std::chrono::milliseconds kNoDescriptors{50};
constexpr std::size_t kRefusedAtOnce = 64;  ///< newcomers beyond the cap that are told so; more are closed without words
constexpr int kFinishMs = 2500;
constexpr int kCloseMs = 1000;

bot::Result<tcp::endpoint> endpoint_of(const std::string& listen) {
  const auto wrong = [&](const std::string& why) {
    return bot::fail(bot::ErrorKind::invalid_input, "Muster cannot listen on \"" + listen + "\": " + why + ". Write host:port, for example 127.0.0.1:8080.");
  };
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return wrong("it has no port");
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  if (host.empty() || host == "*") host = "0.0.0.0";
  unsigned short port = 0;
  const char* end = listen.data() + listen.size();
  const auto read = std::from_chars(listen.data() + colon + 1, end, port);
  if (read.ec != std::errc{} || read.ptr != end) return wrong("the port is not a number up to 65535");
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  if (ec) return wrong("the host is not an address");
  return tcp::endpoint(address, port);
}

class BeastServer final : public Server {
 public:
  explicit BeastServer(ServerOptions options) : shared_(std::make_shared<Shared>()) { shared_->options = std::move(options); }
  ~BeastServer() override { stop(); }

  void route(const std::string& method, const std::string& pattern, Handler handler, std::size_t body_limit) override {
    if (!threads_.empty()) std::abort();  // the table is read without a lock once the workers run
    shared_->router.add(method, pattern, std::move(handler), body_limit);
  }

  bot::Status start() override;
  void stop() override;
  int port() const override { return port_; }

 private:
  bot::Status open_acceptor();
  void accept();
  void accepted(boost::system::error_code ec, tcp::socket socket, std::shared_ptr<Worker> worker);
  void sweep();

  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
  std::vector<std::thread> threads_;
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> sweep_timer_, accept_timer_;
  std::size_t next_worker_ = 0;
  int sweeps_ = 0;
  int port_ = 0;
};

bot::Status BeastServer::open_acceptor() {
  const ServerOptions& options = shared_->options;
  auto endpoint = endpoint_of(options.listen);
  if (!endpoint) return endpoint.error();
  boost::system::error_code ec;
  acceptor_.emplace(workers_.front()->context);
  acceptor_->open(endpoint->protocol(), ec);
  if (!ec) acceptor_->set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_->bind(*endpoint, ec);
  if (!ec) acceptor_->listen(asio::socket_base::max_listen_connections, ec);
  if (!ec) port_ = acceptor_->local_endpoint(ec).port();
  if (ec == asio::error::address_in_use)
    return bot::fail(bot::ErrorKind::unavailable, "Muster cannot listen on " + options.listen + ": another program does, perhaps another Muster. Stop it, or choose another port in the settings.");
  if (ec) return bot::fail(bot::ErrorKind::unavailable, "Muster cannot listen on " + options.listen + ": " + ec.message() + ".");
  return bot::Done{};
}

bot::Status BeastServer::start() {
  const ServerOptions& options = shared_->options;
  auto proxies = TrustedProxies::parse(options.trusted_proxies);
  if (!proxies) return proxies.error();
  shared_->proxies = std::move(*proxies);
  if (!options.tls_certificate.empty() || !options.tls_key.empty()) {
    shared_->tls = std::make_unique<TlsFiles>(options.tls_certificate, options.tls_key);
    if (auto loaded = shared_->tls->load(); !loaded) return loaded;
  }
  for (int i = 0; i < std::max(1, options.threads); ++i) workers_.push_back(std::make_shared<Worker>());
  if (auto opened = open_acceptor(); !opened) {
    acceptor_.reset();
    workers_.clear();
    return opened;
  }
  sweep_timer_.emplace(workers_.front()->context);
  accept_timer_.emplace(workers_.front()->context);
  accept();
  sweep();
  for (const auto& worker : workers_) {
    guards_.push_back(asio::make_work_guard(worker->context));
    threads_.emplace_back([worker] { worker->context.run(); });
  }
  return bot::Done{};
}

void BeastServer::accept() {
  const auto worker = workers_[next_worker_++ % workers_.size()];
  acceptor_->async_accept(worker->context, [this, worker](boost::system::error_code ec, tcp::socket socket) {
    if (shared_->stopping || ec == asio::error::operation_aborted) return;
    accepted(ec, std::move(socket), worker);
  });
}

void BeastServer::accepted(boost::system::error_code ec, tcp::socket socket, std::shared_ptr<Worker> worker) {
  if (ec == asio::error::no_descriptors || ec == asio::error::no_buffer_space || ec == asio::error::no_memory ||
      ec.value() == ENFILE) {
    // Trying again at once would spin until a descriptor is free: make one free, then wait a little.
    if (auto idle = shared_->connections.longest_waiting()) idle->give_way();
    accept_timer_->expires_after(kNoDescriptors);
    accept_timer_->async_wait([this](boost::system::error_code stopped) {
      if (!stopped && !shared_->stopping) accept();
    });
    return;
  }
  if (!ec) {
    const std::size_t cap = static_cast<std::size_t>(std::max(1, shared_->options.connection_limit));
    const std::size_t open = shared_->connections.size();
    bool welcome = open < cap;
    if (!welcome) {
      // Whoever has kept us waiting longest gives way, so that silent connections cannot shut everyone else out.
      if (auto idle = shared_->connections.longest_waiting()) {
        idle->give_way();
        welcome = true;
      }
    }
    if (open < cap + kRefusedAtOnce) {
      auto connection = std::make_shared<Connection>(shared_, worker, std::move(socket));
      shared_->connections.add(connection);
      asio::post(worker->context, [connection, welcome] { welcome ? connection->start() : connection->refuse(); });
    }
  }
  accept();
}

void BeastServer::sweep() {
  sweep_timer_->expires_after(kSweep);
  sweep_timer_->async_wait([this](boost::system::error_code ec) {
    if (ec || shared_->stopping) return;
    for (const auto& connection : shared_->connections.overdue(steady_ms())) connection->time_out();
    if (shared_->tls && ++sweeps_ % kSweepsPerTlsCheck == 0) shared_->tls->refresh();
    sweep();
  });
}

void BeastServer::stop() {
  if (threads_.empty()) return;
  shared_->stopping = true;
  asio::post(workers_.front()->context, [this] {
    boost::system::error_code ec;
    acceptor_->close(ec);
    sweep_timer_->cancel();
    accept_timer_->cancel();
  });
  for (const auto& connection : shared_->connections.all()) connection->wind_down(false);
  if (!shared_->connections.wait_empty(kFinishMs)) {
    for (const auto& connection : shared_->connections.all()) connection->wind_down(true);
    shared_->connections.wait_empty(kCloseMs);
  }
  guards_.clear();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  for (const auto& worker : workers_) {
    // Answers that come from now on find nobody; those that were just posted still release what they hold.
    worker->finish();
    worker->context.restart();
    worker->context.poll();
  }
  acceptor_.reset();
  sweep_timer_.reset();
  accept_timer_.reset();
  // A late answer's thread may let go of the last connection; what the routes own must not end there, where it might wait for that very thread.
  shared_->router = Router();
}

}  // namespace

std::unique_ptr<Server> make_server(ServerOptions options) { return std::make_unique<BeastServer>(std::move(options)); }

}  // namespace http
