// cpprestsdk's http_client behind our port.
// Known weaknesses of the library that this file works around or leaves:
// - it sends a request again by itself when a kept connection turns out closed, also a POST that may have been carried out: so only
//   repeatable methods use kept connections, every POST and PATCH gets a fresh one;
// - it has no total deadline (its timer restarts with each byte): the caller's wait ends here and cancels;
// - it follows redirects and sends Authorization along: off;
// - it takes an interim answer (100 Continue) for the final one: that is a doubt here, not an answer;
// - a chunk of size -1 throws on its I/O thread: see cpprest_threads.hpp;
// - LEFT to make_guarded_client() and its process with bounded memory: one huge chunk or endless headers are buffered until the deadline cuts
//   them off, since its progress callback sees only whole chunks.
#include "integrations/http/client.hpp"

#include <cpprest/http_client.h>

#include <algorithm>
#include <map>

#include "bot/mutex.hpp"
#include "integrations/http/cpprest_threads.hpp"
#include "integrations/text/address.hpp"

namespace http {
namespace {

namespace rest = web::http;
constexpr std::chrono::milliseconds kGrace{500};  ///< for a cancelled call to say how far it got
constexpr std::size_t kKeptHosts = 64;
constexpr std::size_t kHeadersCap = 64u << 10;

struct TooLarge {};  ///< thrown through the library's progress callback to stop reading

/// What one call and the library's threads share; outlives the call when the library is late.
struct Waiting {
  bot::Mutex mutex;
  std::condition_variable done;
  std::optional<CallResult> result GUARDED_BY(mutex);
  std::atomic<bool> written{false};  ///< the request's header is on the wire
  void finish(CallResult outcome) {
    bot::Lock lock(mutex);
    if (!result) result = std::move(outcome);
    done.notify_all();
  }
  std::optional<CallResult> wait(bot::Millis most) {
    bot::Lock lock(mutex);
    done.wait_for(lock.native(), most, [&]() REQUIRES_LOCK(mutex) { return result.has_value(); });
    return result;
  }
};

bool clean(const std::string& text) { return text.find_first_of(std::string("\r\n\0", 3)) == std::string::npos; }

bool repeatable(const std::string& method) { return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE"; }

rest::client::http_client_config config() {
  rest::client::http_client_config out;
  out.set_timeout(std::chrono::seconds(60));  // between two bytes; the deadline of the call is ours
  out.set_max_redirects(0);
  out.set_validate_certificates(true);
  out.set_proxy(web::web_proxy(web::web_proxy::disabled));
  return out;
}

rest::http_request request_of(const Call& call, const web::uri& uri, const std::shared_ptr<Waiting>& waiting) {
  rest::http_request request(call.method);
  request.set_request_uri(uri.resource());
  bool agent = false;
  for (const auto& [name, value] : call.headers) {
    const std::string key = text::lower(name);
    if (key == "host" || key == "content-length") continue;  // the library's own business; a Host of ours breaks its certificate check
    agent = agent || key == "user-agent";
    request.headers().add(name, value);
  }
  if (!agent) request.headers().add("User-Agent", "Muster/" MUSTER_VERSION);
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH")
    request.set_body(std::vector<unsigned char>(call.body.begin(), call.body.end()));
  request.set_progress_handler([waiting, cap = call.answer_cap](rest::message_direction::direction direction, utility::size64_t bytes) {
    waiting->written = true;
    if (direction == rest::message_direction::download && bytes > cap) throw TooLarge{};
  });
  return request;
}

/// The library's words for its own steps mean nothing to who reads them in an incident's room.
std::string in_plain_words(const std::string& library) {
  struct Meaning { const char* said; const char* meant; };
  static constexpr Meaning kMeanings[] = {
      {"Failed to connect to any resolved endpoint", "Nothing answers at this address (refused or unreachable)."},
      {"Failed to resolve address", "The host's name could not be found."},
      {"Error resolving address", "The host's name could not be found."},
      {"Error in SSL handshake", "No secure connection (SSL): the certificate is not accepted, or the other side does not speak TLS."},
      {"Failed to write request", "The connection ended before all was sent."},
      {"Failed to read HTTP status line", "The connection ended before an answer came."},
      {"Invalid HTTP status line", "What answered does not speak HTTP."},
      {"Failed to read", "The connection ended in the middle of the answer."},
  };
  for (const auto& [said, meant] : kMeanings)
    if (library.find(said) != std::string::npos) return meant;
  return library.empty() ? "The call failed." : library;
}

/// Whether a request may have reached the other side is told by `written`, not by the library's error codes, which mix causes.
CallFailure failure_of(pplx::task<CallResult>& task, const Waiting& waiting, std::size_t cap) {
  const bool written = waiting.written;
  try {
    task.get();
  } catch (const TooLarge&) {
    return {true, "The answer was larger than " + std::to_string(cap >> 10) + " KiB and was not read."};
  } catch (const std::exception& e) {
    // A header that failed half-way may have arrived whole.
    const std::string words = e.what();
    return {written || words.find("write request") != std::string::npos, in_plain_words(words)};
  } catch (...) {
  }
  return {written, "The call failed."};
}

CallResult answer_of(const rest::http_response& response, const std::vector<unsigned char>& body) {
  Answer out;
  out.status = response.status_code();
  if (out.status < 200 || out.status > 599) return CallFailure{true, "The answer's status " + std::to_string(out.status) + " is not a final one."};
  // The library reads what is no number as 0, and would call the answer whole.
  if (const auto length = response.headers().find("Content-Length"); length != response.headers().end())
    if (length->second.find_first_not_of("0123456789") != std::string::npos || length->second.empty())
      return CallFailure{true, "The answer's Content-Length cannot be read."};
  std::size_t size = 0;
  for (const auto& [name, value] : response.headers()) {
    size += name.size() + value.size();
    if (size > kHeadersCap) return CallFailure{true, "The answer's headers were larger than " + std::to_string(kHeadersCap >> 10) + " KiB."};
    out.headers.emplace_back(text::lower(name), value);
  }
  out.body.assign(body.begin(), body.end());
  return out;
}

class CpprestClient final : public Client {
 public:
  CpprestClient() { start_cpprest_threads(); }
  CallResult call(const Call& call) override;

 private:
  std::shared_ptr<rest::client::http_client> connection_to(const web::uri& uri, bool kept);
  bot::Mutex mutex_;
  std::map<std::string, std::shared_ptr<rest::client::http_client>> kept_ GUARDED_BY(mutex_);
};

std::shared_ptr<rest::client::http_client> CpprestClient::connection_to(const web::uri& uri, bool kept) {
  const web::uri origin = uri.authority();
  if (!kept) return std::make_shared<rest::client::http_client>(origin, config());
  bot::Lock lock(mutex_);
  if (kept_.size() >= kKeptHosts) kept_.clear();
  auto& client = kept_[origin.to_string()];
  if (!client) client = std::make_shared<rest::client::http_client>(origin, config());
  return client;
}

CallResult CpprestClient::call(const Call& call) {
  const bool headers_ok = std::all_of(call.headers.begin(), call.headers.end(), [](const auto& h) { return clean(h.first) && clean(h.second); });
  if (!headers_ok || !clean(call.method) || !clean(call.url)) return CallFailure{false, "The call holds a line break where none may be."};
  const auto waiting = std::make_shared<Waiting>();
  pplx::cancellation_token_source cancel;
  try {
    const web::uri uri(call.url);
    if ((uri.scheme() != "http" && uri.scheme() != "https") || uri.host().empty()) return CallFailure{false, "The address is not an http or https URL."};
    const auto client = connection_to(uri, repeatable(call.method));
    client->request(request_of(call, uri, waiting), cancel.get_token())
        .then([cap = call.answer_cap](rest::http_response response) {
          if (response.headers().content_length() > cap && !response.headers().has("transfer-encoding")) throw TooLarge{};
          return response.extract_vector().then([response](std::vector<unsigned char> body) { return answer_of(response, body); });
        })
        .then([waiting, cap = call.answer_cap](pplx::task<CallResult> task) {  // takes the task itself: no exception is left unobserved
          try {
            waiting->finish(task.get());
          } catch (...) {
            waiting->finish(failure_of(task, *waiting, cap));
          }
        });
  } catch (const std::exception& e) {
    return CallFailure{waiting->written, e.what()};
  } catch (...) {
    return CallFailure{waiting->written, "The call could not be made."};
  }
  if (auto result = waiting->wait(call.deadline)) {
    if (const auto* failed = std::get_if<CallFailure>(&*result); failed && failed->maybe_done) cancel.cancel();
    return std::move(*result);
  }
  cancel.cancel();
  const auto late = waiting->wait(kGrace);
  if (late && std::holds_alternative<Answer>(*late)) return *late;
  const bool maybe = waiting->written || (late && std::get<CallFailure>(*late).maybe_done);
  return CallFailure{maybe, "No answer within " + std::to_string(call.deadline.count()) + " ms."};
}

}  // namespace

std::unique_ptr<Client> make_client() { return std::make_unique<CpprestClient>(); }

}  // namespace http
