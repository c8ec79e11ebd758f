// /healthz and /readyz. They say nothing about incidents, so they need no token.
#include "integrations/api/routes.hpp"

namespace api {

void add_health_routes(http::Server& server, std::function<bot::Status()> ready) {
  server.route("GET", "/healthz", [](const http::Request&, std::shared_ptr<http::Exchange> exchange) {
    exchange->respond(http::Response::text(200, "ok\n"));
  });
  server.route("GET", "/readyz", [ready = std::move(ready)](const http::Request&, std::shared_ptr<http::Exchange> exchange) {
    const auto state = ready();
    exchange->respond(state ? http::Response::text(200, "ok\n") : http::Response::problem(503, state.error().message, state.error().retry_after));
  });
}

}  // namespace api
