#include "bot/main_serve.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "bot/coordinator.hpp"
#include "bot/lifecycle.hpp"
#include "bot/log.hpp"
#include "bot/lull.hpp"
#include "bot/main_outside.hpp"
#include "bot/main_people.hpp"
#include "bot/main_process.hpp"
#include "bot/timers.hpp"
#include "bot/workers.hpp"
#include "commands/table.hpp"
#include "integrations/alerts/alertmanager/receiver.hpp"
#include "integrations/api/routes.hpp"
#include "integrations/cli/arguments.hpp"
#include "integrations/cli/control_socket.hpp"
#include "integrations/cli/version.hpp"
#include "integrations/codec/codec.hpp"
#include "integrations/console/routes.hpp"
#include "integrations/metrics/metrics.hpp"
#include "integrations/paging/ack_link.hpp"
#include "integrations/storage/open_store.hpp"
#include "integrations/text/address.hpp"

namespace bot {
namespace {

constexpr Millis kOverdueWait{30000};
constexpr Millis kKeepKeys{25 * 3600000};
constexpr int kFirstLinkMinutes = 10;
constexpr int kConnections = 4096;
constexpr std::int64_t kReserve = 64LL << 20;  // some 30,000 notes

bool loopback(const std::string& listen) {
  const std::string host = text::host_of(listen);
  return host == "localhost" || host == "[::1]" || host.rfind("127.", 0) == 0;
}

/// A listener that shows private pages answers under its own names alone, so that no other site's name can be pointed at it.
std::vector<std::string> own_names(const Settings& settings, const std::string& listen) {
  return {"localhost", "127.0.0.1", "[::1]", text::host_of(listen), text::host_of(settings.server.public_url), text::host_of(settings.server.console_url)};
}

class Server {
 public:
  Server(const Settings& settings, Env env, std::unique_ptr<storage::Opened> opened)
      : settings_(settings),
        env_(env),
        opened_(std::move(opened)),
        metrics_(cli::kVersion, env.clock.now()),
        commands_(commands::make_table()),
        clock_watch_(opened_->store(), env_.clock),
        coordinator_(opened_->store(), opened_->reader(), *commands_, settings_, people_, env_),
        outside_(settings_, opened_->reader(), people_, env_),
        workers_(outside_.threads()),
        dispatcher_(opened_->store(), opened_->reader(), coordinator_, outside_.all(), workers_, env_, env_.ids.next()),
        timers_(opened_->store(), coordinator_, env_, env_.clock.now() + kOverdueWait),
        control_(cli::control_path(database_file(settings_.store_url)), [this](const std::string& request) { return control(request); }),
        lifecycle_([](const std::string& what) { log(LogLevel::warning, "lifecycle", {{"what", what}}); }) {
    learn_people(people_, settings_, opened_->reader());
    make_listeners();
    wire();
    list_parts();
  }

  int run() {
    if (auto started = lifecycle_.start(); !started) {
      std::fprintf(stderr, "muster: %s\n", started.error().message.c_str());
      return cli::kRefused;
    }
    greet();
    wait_for_the_end(fatal_);
    log(LogLevel::info, "stopping");
    coordinator_.drain();
    const bool clean = lifecycle_.stop();
    if (!clean) _exit(fatal_ ? cli::kFailed : cli::kDone);  // a part hangs: its threads must not outlive what they use
    return fatal_ ? cli::kFailed : cli::kDone;
  }

 private:
  http::ServerOptions options_for(const std::string& listen, bool shows_private_pages) {
    http::ServerOptions o;
    o.listen = listen;
    o.connection_limit = kConnections;
    o.tls_certificate = settings_.server.tls_certificate;
    o.tls_key = settings_.server.tls_key;
    o.trusted_proxies = settings_.server.trusted_proxies;
    if (shows_private_pages) o.allowed_hosts = own_names(settings_, listen);
    o.observe = [this](const std::string& route, int status, double seconds) {
      metrics_.observe_http(route, status, seconds);
      if (status != 401) return;
      // The pattern, never the path, which may hold a key. One line for all routes: somebody who tries keys must not fill the disk.
      if (const auto times = not_let_in_.count(env_.clock.monotonic())) log(LogLevel::info, "not_let_in", {{"route", route}, {"times", *times}});
    };
    return o;
  }

  void make_listeners() {
    const bool one = settings_.server.private_listen.empty();
    public_ = http::make_server(options_for(settings_.server.listen, one && loopback(settings_.server.listen)));
    if (!one) private_ = http::make_server(options_for(settings_.server.private_listen, true));
    http::Server& outer = *public_;
    http::Server& inner = private_ ? *private_ : *public_;

    if (outside_.slack) outside_.slack->listen(coordinator_, opened_->reader(), people_, outer, metrics_);
    if (outside_.matrix) outside_.matrix->listen(settings_, people_, coordinator_, opened_->reader(), env_, outer, metrics_);
    alertmanager::add_routes(outer, coordinator_, settings_, env_.clock);
    paging::add_routes(outer, coordinator_, opened_->reader(), people_, settings_, env_.clock);
    api::add_routes(inner, coordinator_, opened_->reader(), settings_, people_, env_.clock);
    for (http::Server* server : {&outer, private_ ? &inner : nullptr})
      if (server != nullptr) api::add_health_routes(*server, [this] { return ready(); });
    if (private_ || loopback(settings_.server.listen)) metrics::add_route(inner, metrics_);  // never on a listener that faces the internet
    if (settings_.console_enabled) {
      console::ConsoleOptions options;
      for (const auto& line : commands::verb_lines()) options.verbs.push_back({line.name, line.form, line.summary, line.query});
      options.notices = [this] { return notices(); };
      options.forms = &coordinator_;
      console_ = std::make_unique<console::Console>(inner, coordinator_, opened_->reader(), opened_->credentials(), settings_, people_, env_, std::move(options));
    }
  }

  /// What is broken now, for those who are signed in to the console.
  std::vector<console::Notice> notices() {
    std::vector<console::Notice> out;
    const auto say = [&out](const char* heading, std::string words) {
      if (!words.empty()) out.push_back({heading, std::move(words)});
    };
    const auto health = opened_->health();
    say("Storage problem.", health.problem.empty() ? health.warning : health.problem);
    for (auto& words : outside_.pages.troubles()) say("Status page problem.", std::move(words));
    if (outside_.slack) say("Slack problem.", outside_.slack->trouble());
    if (outside_.matrix) say("Matrix problem.", outside_.matrix->trouble());
    say("Clock changed.", clock_watch_.notice());
    return out;
  }

  void wire() {
    coordinator_.watch(clock_watch_);
    dispatcher_.watch(clock_watch_);
    timers_.watch(clock_watch_);
    coordinator_.on_commit = [this](const Committed& what) {
      metrics_.observe_commit(what.requests, what.seconds);
      if (what.messages) dispatch_loop_.wake();
      if (what.timers) timer_loop_.wake();
      if (what.entries && console_) console_->wake();
      if (what.redactions) outside_.pages.refresh();
    };
    coordinator_.on_fatal = [this](const std::string& why) {
      log(LogLevel::error, "store_lost", {{"why", why}});
      fatal_ = true;
    };
    outside_.pages.wire([this](const AdapterState& state) { keep(state); }, metrics_);
    dispatcher_.on_idle_slot = [this] { dispatch_loop_.wake(); };
    metrics_.watch_coordinator(coordinator_);
    metrics_.watch_dispatcher(dispatcher_, dispatcher_.integrations());
    metrics_.watch_outbox(opened_->reader(), env_.clock);
    metrics_.counter("muster_clock_steps_total", "How often the wall clock was set while Muster ran; what was owed moved along.",
                     [this] { return std::vector<metrics::Sample>{{{}, static_cast<double>(clock_watch_.steps())}}; });
    metrics_.watch_check([this] { return opened_->health().ok; });
    metrics_.watch_store_wal([this] { return static_cast<double>(opened_->health().wal_bytes); });
    metrics_.watch_disk([this] { return static_cast<double>(opened_->health().free_bytes); }, [this] { return static_cast<double>(opened_->health().reserve_bytes); });
  }

  /// What a part must find again after a restart; should the disk not take it now, the next start tries again.
  void keep(const AdapterState& state) {
    Request request;
    request.cls = RequestClass::housekeeping;
    request.caller = Caller{ActorKind::muster, "muster", "muster", "Muster", {}};
    request.received = env_.clock.now();
    request.body = Checkpoint{};
    request.state = {state};
    coordinator_.submit(std::move(request), [](const Reply&) {});
  }

  void list_parts() {
    // Store → senders → dispatcher → timers → listener last; each stops after everything that uses it.
    part("writer", started(write_loop_), [this] {
      write_loop_.stop();
      while (coordinator_.run_once()) {
      }
    });
    part("upkeep", started(upkeep_loop_), [this] { upkeep_loop_.stop(); });
    part("check", started(check_loop_), [this] { check_loop_.stop(); });
    for (auto* page : outside_.pages.all()) part(page->integration(), [page] { return page->start(); }, [page] { page->stop(); });
    part("senders", {}, [this] { workers_.stop(); }, Millis{16000});
    SlackPart* const slack = outside_.slack.get();
    if (slack && slack->rotation()) part("slack tokens", started(*slack->rotation()), [slack] { slack->rotation()->stop(); }, Millis{16000});
    part("dispatcher", started(dispatch_loop_), [this] { dispatch_loop_.stop(); });
    part("timers", started(timer_loop_), [this] { timer_loop_.stop(); });
    if (slack) part("slack inbox", {}, [slack] { slack->inbox().stop(); }, Millis{12000});
    if (outside_.matrix) part("matrix", [this] { return outside_.matrix->start(); }, [this] { outside_.matrix->stop(); }, Millis{16000});
    part("control socket", [this] { return control_.start(); }, [this] { control_.stop(); });
    if (console_) part("console", started(*console_), [this] { console_->stop(); });
    if (private_) part("private listener", [this] { return private_->start(); }, [this] { private_->stop(); });
    if (slack) part("slack catch-up", started(slack->catch_up()), [slack] { slack->catch_up().stop(); }, Millis{12000});
    if (slack) part("slack names", started(slack->names()), [slack] { slack->names().stop(); }, Millis{12000});
    part("listener", [this] { return public_->start(); }, [this] { public_->stop(); });
    if (slack && slack->socket_mode()) part("slack sockets", started(*slack->socket_mode()), [slack] { slack->socket_mode()->stop(); }, Millis{14000});
    // First to stop: a listener waits for answers under way, and an open page's stream is one.
    if (console_) part("live streams", {}, [this] { console_->stop(); });
  }

  void part(std::string name, std::function<Status()> start, std::function<void()> stop, Millis within = Millis{6000}) {
    lifecycle_.add({std::move(name), std::move(start), std::move(stop), within});
  }
  /// For parts whose start cannot fail.
  template <class Part>
  static std::function<Status()> started(Part& what) {
    return [&what] {
      what.start();
      return Status(Done{});
    };
  }

  Status ready() const {
    if (fatal_) return fail(ErrorKind::unavailable, "The store's last write has an unknown outcome; Muster is about to restart.");
    const auto health = opened_->health();
    if (!health.ok) return fail(ErrorKind::unavailable, health.problem);
    return Done{};
  }

  Millis upkeep() {
    if (!fatal_) {
      // A lease or a copying of the log may have met the failing disk while nobody asked anything.
      const auto health = opened_->health();
      if (health.must_restart && coordinator_.on_fatal) coordinator_.on_fatal(health.problem);
      if (const bool told = std::exchange(store_ill_, !health.ok); !health.ok && !told) log(LogLevel::error, "store_problem", {{"what", health.problem}});
      if (std::exchange(store_warning_, health.warning) != health.warning && !health.warning.empty()) log(LogLevel::error, "disk_full", {{"what", health.warning}});
      opened_->keep_reserve();
    }
    if (lull_.now(coordinator_.counts().batches, coordinator_.queued())) (void)opened_->store().maintain();
    const Time now = env_.clock.now();
    if (now - last_purge_ > Millis{60000}) {
      auto more = opened_->store().purge(now - kKeepKeys);
      if (!more || !*more) last_purge_ = now;  // while more is left the next round goes on
    }
    return Lull::kRound;
  }

  Millis check() {
    const auto report = opened_->verify();
    if (report && !report->ok()) log(LogLevel::error, "damage", {{"what", report->problems.front()}});
    if (!report) log(LogLevel::error, "check_failed", {{"why", report.error().message}});
    return Millis{24 * 3600000};
  }

  PeopleDesk people_desk() { return {opened_->credentials(), people_, env_, settings_.server.console_url}; }

  /// Requests of command-line verbs while the server runs. Only the same user reaches the socket.
  std::string control(const std::string& request) {
    return answer_control(people_desk(), request, [this](const std::string& person) {
      if (console_) console_->signed_out(person);
    });
  }

  /// Whom the first link is for: the first admin, else the first person of the settings, else somebody called Admin.
  void greet() {
    const std::string& where = settings_.server.console_url;
    std::printf("muster: ready\n");
    if (console_) {
      const auto& admins = settings_.incidents.admins;
      const std::string name = !admins.empty() ? admins.front() : !settings_.people.empty() ? settings_.people.front().id : "admin";
      std::printf("muster: console      %s/\n", where.c_str());
      if (auto invited = invite_person(people_desk(), name, true, kFirstLinkMinutes)) show_link(invited->link);
    }
    for (const auto* page : outside_.pages.all()) std::printf("muster: status page  http://127.0.0.1:%d/\n", page->port());
    std::fflush(stdout);
    log(LogLevel::info, "ready", {{"listen", settings_.server.listen}});
  }

  void show_link(const std::string& link) {
    if (isatty(1)) {
      std::printf("muster: sign in      %s\n                     (works once, for %d minutes)\n", link.c_str(), kFirstLinkMinutes);
      return;
    }
    const std::string file = database_file(settings_.store_url) + ".sign-in";
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const std::string line = link + "\n";
    if (fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()))
      std::printf("muster: sign in      the link is in %s (works once, for %d minutes)\n", file.c_str(), kFirstLinkMinutes);
    if (fd >= 0) close(fd);
  }

  const Settings& settings_;
  Env env_;
  std::unique_ptr<storage::Opened> opened_;
  People people_;
  metrics::Metrics metrics_;
  std::unique_ptr<Commands> commands_;
  ClockWatch clock_watch_;
  Coordinator coordinator_;
  Outside outside_;
  Workers workers_;
  Dispatcher dispatcher_;
  Timers timers_;
  cli::ControlServer control_;
  std::unique_ptr<http::Server> public_, private_;
  std::unique_ptr<console::Console> console_;
  Occasionally not_let_in_;
  std::atomic<bool> fatal_{false};
  bool store_ill_ = false;     ///< and the log says so
  std::string store_warning_;  ///< the log's last word about the disk
  Time last_purge_{};
  Lull lull_;

  Loop write_loop_{"writer", [this] {
                     if (coordinator_.wait(Millis{200})) coordinator_.run_once();
                     return Millis{0};
                   }};
  Loop dispatch_loop_{"dispatcher", [this] { return dispatcher_.run_once() > 0 ? Millis{0} : dispatcher_.idle_time(); }, Millis{2}};
  Loop timer_loop_{"timers", [this] { return timers_.run_once() > 0 ? Millis{10} : timers_.idle_time(); }, Millis{10}};
  Loop upkeep_loop_{"upkeep", [this] { return upkeep(); }};
  Loop check_loop_{"check", [this] { return check(); }};
  Lifecycle lifecycle_;
};

}  // namespace

std::string database_file(const std::string& store_url) {
  std::string rest = store_url.substr(store_url.find(':') + 1);
  if (rest.rfind("//", 0) == 0) rest = rest.substr(2);
  return rest;
}

int serve(const Settings& settings) {
  prepare_process();
  set_log_level(settings.log_level);
  auto clock = system_clock();
  auto random = system_random();
  auto ids = system_ids(*clock, *random);
  const Env env{*clock, *ids, *random};
  auto opened = storage::open_store(settings.store_url, env, {.reserve = kReserve});
  if (!opened) {
    std::fprintf(stderr, "muster: %s\n", opened.error().message.c_str());
    return cli::kRefused;
  }
  Server server(settings, env, *std::move(opened));
  return server.run();
}

}  // namespace bot
