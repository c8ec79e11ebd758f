// A server with a few small routes, and the words of requests to it.
#pragma once

#include "integrations/http/server.hpp"
#include "raw_socket.hpp"

namespace tests {

struct TestServer {
  std::unique_ptr<http::Server> server;

  explicit TestServer(http::ServerOptions options = {}, const std::function<void(http::Server&)>& more = {}) {
    server = http::make_server(std::move(options));
    server->route("GET", "/hello", [](const http::Request&, std::shared_ptr<http::Exchange> e) { e->respond(http::Response::text(200, "hello")); });
    server->route("POST", "/echo", [](const http::Request& r, std::shared_ptr<http::Exchange> e) { e->respond(http::Response::text(200, r.body)); });
    server->route("POST", "/small", [](const http::Request& r, std::shared_ptr<http::Exchange> e) { e->respond(http::Response::text(200, r.body)); }, 10);
    server->route("GET", "/what/{}", [](const http::Request& r, std::shared_ptr<http::Exchange> e) {
      e->respond(http::Response::text(200, r.method + " " + r.path + " " + r.query + " " + r.segments.at(0) + " " + r.peer + (r.secure ? " secure" : "")));
    });
    if (more) more(*server);
    auto started = server->start();
    if (!started) throw std::runtime_error(started.error().message);
  }
  ~TestServer() { server->stop(); }
  int port() const { return server->port(); }
  RawSocket connect() const { return RawSocket::to(port()); }
  bool serves() const {
    auto socket = connect();
    const auto reply = socket.ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    return reply.status == 200 && reply.body == "hello";
  }
};

inline std::string get(const std::string& path, const std::string& more = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}
inline std::string post(const std::string& path, const std::string& body, const std::string& more = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

}  // namespace tests
