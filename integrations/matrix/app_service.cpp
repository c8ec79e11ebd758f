// Muster as an application service: the homeserver pushes transactions of events, in order, and repeats each until it hears 200.
// Source: application service specification. Synapse repeats after 2, 4 … 512 s and keeps the order; its transaction ids begin at 1 again with a new
// database, and it may send one event in two transactions: so a transaction is known by id and bytes together, an event by its own id.
// Threads: the routes run on the server's threads and only queue; one loop records. 200 is given after the commit.
#include <deque>

#include "bot/log.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/http/signature.hpp"
#include "integrations/matrix/event_source.hpp"
#include "integrations/matrix/intake_line.hpp"

namespace matrix {
namespace {

using nlohmann::json;
using ExchangePtr = std::shared_ptr<http::Exchange>;

constexpr const char* kTransaction = "matrix/transaction";
constexpr const char* kHeardAt = "matrix/heard_at";
constexpr std::size_t kBody = 10u << 20;       // a hundred events of the largest size, and some
constexpr std::size_t kQueued = 4;             // a homeserver sends one after the other
constexpr bot::Millis kAnswersWithin{10000}, kPingEvery{30000}, kPingTime{10000}, kAbsence{60000}, kBacklogTime{60000};

http::Response problem(int status, const char* code, const char* words) { return http::Response::json(status, codec::dump(json{{"errcode", code}, {"error", words}})); }
http::Response fine() { return http::Response::json(200, "{}"); }

class AppService final : public EventSource {
 public:
  explicit AppService(SourceParts parts)
      : on_(parts.grounds), on_bad_token_(std::move(parts.on_bad_token)), line_(on_, parts.intake), loop_("matrix-service", [this] { return step(); }),
        ping_loop_("matrix-ping", [this] { return ping(); }) {
    add_routes(*parts.server);
  }
  ~AppService() override { stop(); }

  bot::Status start() override {
    {
      bot::Lock lock(mutex_);  // hearing() is asked from the first request on
      heard_ = on_.env.clock.monotonic();
    }
    on_.chores.on_done = [this] {
      bot::Lock lock(mutex_);
      chore_done_.notify_all();
    };
    const auto last = on_.reader.adapter_state(kTransaction);
    const auto heard_at = on_.reader.adapter_state(kHeardAt);
    if (!last || !heard_at) return (!last ? last.error() : heard_at.error());
    if (!line_.load_kept()) return bot::fail(bot::ErrorKind::unavailable, "the reactions that were kept could not be read.");
    bot::Time at;
    {
      bot::Lock lock(mutex_);
      last_ = last->value_or("");
      if (*heard_at && bot::parse_iso8601(**heard_at, at)) away_since_ = at;
    }
    on_.chores.start();
    line_.enter_rooms();
    loop_.start();
    ping_loop_.start();
    return bot::Done{};
  }

  void stop() override {
    line_.stop();
    {
      bot::Lock lock(mutex_);
      chore_done_.notify_all();
    }
    loop_.stop();
    ping_loop_.stop();
    on_.chores.stop();
    bot::Lock lock(mutex_);
    for (auto& job : queue_) job.exchange->respond(problem(503, "M_UNKNOWN", "Muster is stopping."));
    queue_.clear();
  }

  Hearing hearing() const override {
    bot::Lock lock(mutex_);
    return {problem_.empty() && begun_, problem_, problem_.empty() ? bot::Millis{0} : on_.env.clock.monotonic() - heard_};
  }

 private:
  struct Job { std::string key, body; ExchangePtr exchange; };

  void add_routes(http::Server& server) {
    const auto guarded = [this](auto handle) {
      return [this, handle](const http::Request& request, const ExchangePtr& exchange) {
        if (const int refused = refusal(request); refused == 401) exchange->respond(problem(401, "M_MISSING_TOKEN", "The homeserver's token is missing."));
        else if (refused != 0) exchange->respond(problem(403, "M_FORBIDDEN", "This is not the homeserver's token."));
        else handle(request, exchange);
      };
    };
    const auto unknown = guarded([](const http::Request&, const ExchangePtr& exchange) { exchange->respond(problem(404, "M_UNRECOGNIZED", "Muster knows no such call.")); });
    const auto none = guarded([](const http::Request&, const ExchangePtr& exchange) { exchange->respond(problem(404, "M_NOT_FOUND", "Muster has no such user or room.")); });
    const auto push = guarded([this](const http::Request& request, const ExchangePtr& exchange) { transaction(request, exchange); });
    for (const std::string base : {"/_matrix/app/v1", ""}) {
      server.route("PUT", base + "/transactions/{}", push, kBody);
      server.route("GET", base + "/users/{}", none);
      server.route("GET", base + "/rooms/{}", none);
    }
    // Homeservers expect Matrix's own form of the refusal.
    const auto wrong = guarded([](const http::Request&, const ExchangePtr& exchange) { exchange->respond(problem(405, "M_UNRECOGNIZED", "This call is made with another method.")); });
    for (const std::string base : {"/_matrix/app/v1", ""})
      for (const char* method : {"GET", "PUT", "POST", "DELETE"}) {
        if (method != std::string("PUT")) server.route(method, base + "/transactions/{}", wrong);
        if (method != std::string("GET")) server.route(method, base + "/users/{}", wrong);
        if (method != std::string("GET")) server.route(method, base + "/rooms/{}", wrong);
        if (method != std::string("POST") && !base.empty()) server.route(method, base + "/ping", wrong);
      }
    server.route("POST", "/_matrix/app/v1/ping", guarded([](const http::Request&, const ExchangePtr& exchange) { exchange->respond(fine()); }));
    for (const char* method : {"GET", "PUT", "POST"}) server.route(method, "/_matrix/app/*", unknown);
  }

  /// 0: it is the homeserver. Old servers put the token into the query; when both are there they must agree.
  int refusal(const http::Request& request) const {
    const std::string& wanted = on_.settings.matrix.app_service.hs_token.reveal();
    const std::string& header = request.header("authorization");
    const std::string bearer = header.rfind("Bearer ", 0) == 0 ? header.substr(7) : "";
    http::Headers form;
    const bool readable = http::parse_form(request.query, form);
    const std::string query = readable ? http::form_value(form, "access_token") : "";
    if (bearer.empty() && query.empty() && header.empty()) return 401;
    const bool good = (bearer.empty() ? header.empty() : http::same(bearer, wanted)) && (query.empty() || http::same(query, wanted));
    if (good) return 0;
    if (on_bad_token_) on_bad_token_();
    return 403;
  }

  void transaction(const http::Request& request, const ExchangePtr& exchange) {
    const std::string id = request.segments.empty() ? "" : request.segments.front();
    Job job{id.substr(0, 200) + ":" + http::sha256_hex(request.body), request.body, exchange};
    {
      bot::Lock lock(mutex_);
      if (job.key == last_) {  // recorded already; only the 200 was lost
        exchange->respond(fine());
        return;
      }
      if (line_.stopping() || queue_.size() >= kQueued) {
        exchange->respond(problem(503, "M_UNKNOWN", "Muster is not ready for more. Send it again."));
        return;
      }
      queue_.push_back(std::move(job));
    }
    loop_.wake();
  }

  bot::Millis step() {
    std::optional<Job> job;
    {
      bot::Lock lock(mutex_);
      if (!queue_.empty()) {
        job = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    if (job) record(*job);
    else tell_absence();
    const bot::Millis held = line_.read_held();
    line_.keep_place(false);
    return job ? bot::Millis{0} : std::min(kPingEvery, held);
  }

  void record(const Job& job) {
    const json body = parse_tolerant(job.body);
    if (!body.is_object()) return job.exchange->respond(problem(400, "M_NOT_JSON", "The transaction is not a JSON object."));
    std::vector<Event> events;
    for (const auto& raw : array_at(body, "events"))
      if (auto event = read_event(raw, "", on_.env.clock.now())) events.push_back(std::move(*event));
    count_backlog(events);
    const auto batch = std::make_shared<Batch>();
    if (!line_.take(events, batch)) return job.exchange->respond(problem(503, "M_UNKNOWN", "Muster is stopping. Send it again."));
    line_.reached(batch, {{kTransaction, job.key}, {kHeardAt, bot::iso8601(on_.env.clock.now())}});
    // The homeserver does not send again what was answered with 200: the answers that people wait for go out before it.
    wait_for_answers(*batch);
    line_.keep_place(false);
    if (line_.stopping()) return job.exchange->respond(problem(503, "M_UNKNOWN", "Muster is stopping. Send it again."));
    heard();
    {
      bot::Lock lock(mutex_);
      last_ = job.key;
    }
    job.exchange->respond(fine());
    tell_absence();
  }

  void wait_for_answers(const Batch& batch) {
    bot::Lock lock(mutex_);
    chore_done_.wait_for(lock.native(), kAnswersWithin, [&]() REQUIRES_LOCK(mutex_) { return batch.open == 0 || line_.stopping(); });
  }

  void heard() {
    bot::Lock lock(mutex_);
    heard_ = on_.env.clock.monotonic();
    begun_ = true;
  }

  // ---- the way back: does the homeserver reach Muster? ----

  bot::Millis ping() {
    if (line_.stopping()) return kPingEvery;
    json answer;
    // The account and its device first: nothing can be said before.
    auto failed = on_.api.learn_self(Budget(on_.env.clock, kPingTime, kPingTime));
    if (!failed) failed = on_.api.ping(on_.env.ids.next(), Budget(on_.env.clock, kPingTime, kPingTime), answer);
    // Homeservers before specification 1.7 know no ping: that they take calls must do.
    if (failed && failed->is("M_UNRECOGNIZED")) failed.reset();
    const bot::Time now = on_.env.clock.now();
    bot::Lock lock(mutex_);
    if (failed) {
      if (problem_.empty()) bot::log(bot::LogLevel::warning, "matrix_not_heard", {{"why", failed->words}});
      problem_ = failed->words;
      ++on_.heard.failures;
      if (!away_since_ && good_at_) away_since_ = good_at_;
      return bot::Millis{5000};
    }
    problem_.clear();
    begun_ = true;
    heard_ = on_.env.clock.monotonic();
    good_at_ = now;
    if (away_since_ && !back_since_) back_since_ = now;
    if (away_since_ && back_since_ && now - *back_since_ > kBacklogTime) loop_.wake();
    return kPingEvery;
  }

  /// Messages of the absence arrive in the transactions after it.
  void count_backlog(const std::vector<Event>& events) {
    std::optional<bot::Time> from, until;
    {
      bot::Lock lock(mutex_);
      from = away_since_;
      until = back_since_.value_or(on_.env.clock.now());
    }
    if (!from) return;
    for (const auto& event : events)
      if (event.is("m.room.message") && event.sender != on_.settings.matrix.user_id && event.at >= *from && event.at <= *until)
        if (const auto incident = line_.conversation().incident_of(event.room)) ++missed_[*incident];
  }

  void tell_absence() {
    std::optional<bot::Time> from, until;
    {
      bot::Lock lock(mutex_);
      if (!away_since_ || !back_since_ || !queue_.empty() || on_.env.clock.now() - *back_since_ < kBacklogTime) return;
      from = std::exchange(away_since_, std::nullopt);
      until = std::exchange(back_since_, std::nullopt);
    }
    if (*until - *from > kAbsence) line_.tell_absence(*from, *until, missed_);
    missed_.clear();
  }

  Grounds on_;
  std::function<void()> on_bad_token_;
  IntakeLine line_;
  std::map<std::int64_t, int> missed_;                        ///< of the loop's thread
  mutable bot::Mutex mutex_;
  std::condition_variable chore_done_;
  std::deque<Job> queue_ GUARDED_BY(mutex_);
  std::string last_ GUARDED_BY(mutex_);                       ///< "<transaction>:<sha256 of its body>"
  std::string problem_ GUARDED_BY(mutex_);
  bot::Millis heard_ GUARDED_BY(mutex_){0};
  bool begun_ GUARDED_BY(mutex_) = false;
  std::optional<bot::Time> away_since_ GUARDED_BY(mutex_), back_since_ GUARDED_BY(mutex_), good_at_ GUARDED_BY(mutex_);
  bot::Loop loop_, ping_loop_;
};

}  // namespace

std::unique_ptr<EventSource> make_app_service_source(SourceParts parts) { return std::make_unique<AppService>(std::move(parts)); }

std::unique_ptr<EventSource> make_source(SourceParts parts) {
  return parts.grounds.settings.matrix.app_service.id.empty() ? make_sync_source(std::move(parts)) : make_app_service_source(std::move(parts));
}

}  // namespace matrix
