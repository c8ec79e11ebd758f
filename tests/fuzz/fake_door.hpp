// A listener without a network: keeps the routes an adapter adds and hands it requests as the real one would.
#pragma once

#include <atomic>
#include <cstdlib>
#include <map>

#include "bot/request.hpp"
#include "integrations/http/client.hpp"
#include "integrations/http/server.hpp"

namespace fuzz {

class Door : public http::Server {
 public:
  void route(const std::string& method, const std::string& pattern, http::Handler handler, std::size_t) override { routes_[method + " " + pattern] = std::move(handler); }
  bot::Status start() override { return bot::Done{}; }
  void stop() override {}
  int port() const override { return 0; }

  /// The answer's status; 0: not answered yet.
  int knock(const std::string& route, http::Request request) {
    const auto found = routes_.find(route);
    if (found == routes_.end()) std::abort();
    struct Once : http::Exchange {
      explicit Once(std::shared_ptr<std::atomic<int>> s) : status(std::move(s)) {}
      void respond(http::Response response) override {
        if (status->exchange(response.status) != 0) std::abort();  // answered twice
      }
      std::shared_ptr<http::Stream> stream(http::Response) override { std::abort(); }
      std::shared_ptr<std::atomic<int>> status;
    };
    const auto status = std::make_shared<std::atomic<int>>(0);
    found->second(request, std::make_shared<Once>(status));  // an answer that comes later, from another thread, is waited for by nobody
    return status->load();
  }

 protected:
  std::map<std::string, http::Handler> routes_;
};

/// Answers every request with a card; `look` sees each first.
class Desk : public bot::Intake {
 public:
  explicit Desk(void (*look)(const bot::Request&)) : look_(look) {}
  void submit(bot::Request request, bot::Completion done) override {
    look_(request);
    bot::Reply reply;
    reply.card.title = {bot::plain("taken")};
    done(reply);
  }

 private:
  void (*look_)(const bot::Request&);
};

/// Nothing goes out.
class Nowhere : public http::Client {
 public:
  http::CallResult call(const http::Call&) override { return http::CallFailure{false, "nowhere"}; }
};

}  // namespace fuzz
