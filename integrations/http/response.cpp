// The makers of ordinary answers.
#include <nlohmann/json.hpp>

#include "integrations/http/server.hpp"
#include "integrations/http/status.hpp"

namespace http {

const char* reason_of(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

Response Response::text(int status, std::string body) { return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)}; }
Response Response::json(int status, std::string body) { return {status, {{"Content-Type", "application/json"}}, std::move(body)}; }
Response Response::html(int status, std::string body) { return {status, {{"Content-Type", "text/html; charset=utf-8"}}, std::move(body)}; }

Response Response::problem(int status, const std::string& detail, std::optional<bot::Millis> retry_after) {
  const nlohmann::json problem{{"type", "about:blank"}, {"title", reason_of(status)}, {"status", status}, {"detail", detail}};
  Response out{status, {{"Content-Type", "application/problem+json"}},
               problem.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
  if (retry_after) {
    // Whole seconds, rounded up: asking again too early would only be refused again.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*retry_after).count();
    out.headers.emplace_back("Retry-After", std::to_string(seconds < 1 ? 1 : seconds));
  }
  return out;
}

}  // namespace http
