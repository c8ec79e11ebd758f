#include "bot/main_matrix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "commands/table.hpp"
#include "integrations/cli/arguments.hpp"
#include "integrations/http/long_poll.hpp"
#include "integrations/matrix/doctor.hpp"
#include "integrations/matrix/registration.hpp"

namespace bot {
namespace {

constexpr Millis kSilence{60000};  ///< a shorter one is nobody's news

std::string hex_token(Random& random) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : random.bytes(32)) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// Mode 0600 also when the file was there with another.
bool write_private(const std::string& file, const std::string& text) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool good = fchmod(fd, 0600) == 0;
  for (std::size_t at = 0; good && at < text.size();) {
    const ssize_t n = write(fd, text.data() + at, text.size() - at);
    good = n > 0;
    if (good) at += static_cast<std::size_t>(n);
  }
  good = good && fsync(fd) == 0;
  return close(fd) == 0 && good;
}

const char* mark_of(matrix::Finding::Grade grade) {
  switch (grade) {
    case matrix::Finding::Grade::good: return "ok      ";
    case matrix::Finding::Grade::advice: return "advice  ";
    case matrix::Finding::Grade::fault: return "FAULT   ";
  }
  return "";
}

}  // namespace

int matrix_register(const Settings& settings, const std::string& file) {
  if (!settings.matrix.enabled) {
    std::fprintf(stderr, "muster: nothing was written: the settings have no matrix section. See config/muster.example.yaml.\n");
    return cli::kRefused;
  }
  if (settings.matrix.app_service.id.empty()) {
    const auto random = system_random();
    std::fprintf(stderr,
                 "muster: nothing was written: the settings name no application service. Put this under matrix, in place of access_token (the tokens are fresh), and run it again:\n\n"
                 "  app_service:\n    id: muster\n    as_token: \"%s\"\n    hs_token: \"%s\"\n",
                 hex_token(*random).c_str(), hex_token(*random).c_str());
    return cli::kRefused;
  }
  if (!write_private(file, matrix::registration(settings))) {
    std::fprintf(stderr, "muster: %s could not be written.\n", file.c_str());
    return cli::kRefused;
  }
  std::fputs(matrix::registration_steps(settings, file).c_str(), stdout);
  return cli::kDone;
}

int matrix_doctor(const Settings& settings) {
  if (!settings.matrix.enabled) {
    std::fprintf(stderr, "muster: the settings have no matrix section. See config/muster.example.yaml.\n");
    return cli::kRefused;
  }
  const auto clock = system_clock();
  const auto random = system_random();
  const auto ids = system_ids(*clock, *random);
  const auto client = http::make_guarded_client();
  matrix::Api api(settings.matrix, *client, *clock, std::make_shared<matrix::Homeserver>());
  bool fault = false;
  for (const auto& finding : matrix::examine(settings, api, {*clock, *ids, *random})) {
    fault = fault || finding.grade == matrix::Finding::Grade::fault;
    std::printf("%s%s\n", mark_of(finding.grade), finding.words.c_str());
  }
  return fault ? cli::kRefused : cli::kDone;
}

MatrixPart::MatrixPart(const Settings& settings, http::Client& client, Env env)
    : api_(std::make_shared<matrix::Api>(settings.matrix, client, env.clock, std::make_shared<matrix::Homeserver>())), chores_(std::make_unique<matrix::Chores>(env.clock)) {}

std::unique_ptr<Sender> MatrixPart::make_sender(const Settings& settings, const People& people, Env env) { return matrix::make_sender(settings, api_, people, env, {}, chores_.get()); }

void MatrixPart::listen(const Settings& settings, const People& people, Coordinator& coordinator, Reader& reader, Env env, http::Server& server, metrics::Metrics& metrics) {
  std::set<std::string> queries;
  for (const auto& line : commands::verb_lines())
    if (line.query) queries.insert(line.name);
  auto poll = std::make_unique<http::LongPoll>();
  auto hang_up = [raw = poll.get()] { raw->hang_up(); };
  source_ = matrix::make_source({{settings, people, reader, env, *api_, *chores_, std::move(queries), heard_},
                                 coordinator,
                                 {std::move(poll), std::move(hang_up)},
                                 &server,
                                 [&metrics] { metrics.count_signature_failure("matrix"); }});
  measure(metrics);
}

std::string MatrixPart::trouble() const {
  const auto hearing = source_->hearing();
  if (hearing.ok || hearing.silence < kSilence) return "";
  return "Nothing was heard from the homeserver for " + duration_text(hearing.silence) + ": commands typed in Matrix wait there. " + hearing.problem;
}

void MatrixPart::measure(metrics::Metrics& metrics) {
  const auto value = [](const std::atomic<std::uint64_t>& count) { return static_cast<double>(count.load(std::memory_order_relaxed)); };
  metrics.gauge("muster_matrix_heard", "1 while events arrive from the homeserver.", [this] { return source_->hearing().ok ? 1.0 : 0.0; });
  metrics.gauge("muster_matrix_silence_seconds", "How long nothing could be heard from the homeserver; 0 while it is.",
                [this] { return static_cast<double>(source_->hearing().silence.count()) / 1000.0; });
  metrics.gauge("muster_matrix_encrypted_rooms", "Rooms the bot is in and cannot read, because they are encrypted.",
                [this] { return static_cast<double>(api_->homeserver().encrypted_rooms().size()); });
  metrics.gauge("muster_matrix_answers_waiting", "Answers and other chores not yet taken by the homeserver.", [this] { return static_cast<double>(chores_->waiting()); });
  metrics.counter("muster_matrix_events_total", "What became of Matrix events: read, command, press, pin, refused (sender or room may not), flooded (one sender, too many).", [this, value] {
    return std::vector<metrics::Sample>{{{{"what", "read"}}, value(heard_.events)},     {{{"what", "command"}}, value(heard_.commands)},
                                        {{{"what", "press"}}, value(heard_.presses)},   {{{"what", "pin"}}, value(heard_.pins)},
                                        {{{"what", "refused"}}, value(heard_.refused)}, {{{"what", "flooded"}}, value(heard_.flooded)}};
  });
  metrics.counter("muster_matrix_gaps_total", "Gaps in the event stream that were filled from the rooms' history.",
                  [this, value] { return std::vector<metrics::Sample>{{{}, value(heard_.gaps)}}; });
  metrics.counter("muster_matrix_failures_total", "Times the homeserver could not be heard.", [this, value] { return std::vector<metrics::Sample>{{{}, value(heard_.failures)}}; });
}

}  // namespace bot
