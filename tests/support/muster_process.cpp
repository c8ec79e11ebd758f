#include "tests/support/muster_process.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <nlohmann/json.hpp>

namespace support {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

/// The binary under test: beside the test program's build folder unless named in the environment.
std::string binary() {
  if (const char* named = std::getenv("MUSTER_BINARY")) return named;
  return std::filesystem::canonical("/proc/self/exe").parent_path().parent_path() / "muster";
}

/// Between fork and exec the child allocates nothing: another thread of this process may have held the allocator's lock at the fork, and holds it
/// in the child for ever.
pid_t spawn(const std::vector<std::string>& args, const std::string& folder, const std::string& log, const std::vector<std::string>& wrapper = {}) {
  std::vector<std::string> words = wrapper;
  words.push_back(binary());
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  if (!wrapper.empty()) setpgid(0, 0);  // so that a signal reaches the wrapper and what it runs
  if (chdir(folder.c_str()) != 0) _exit(126);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(out, 1);
  dup2(out, 2);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, 0);
  execvp(argv[0], argv.data());
  _exit(127);
}

int wait_code(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int free_port() {
  thread_local std::mt19937 random(std::random_device{}());
  for (int tries = 0; tries < 1000; ++tries) {
    // Below what outgoing connections are given by default: one of those could take it before the server does, or while that is dead.
    const int port = std::uniform_int_distribution<int>(10000, 32000)(random);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(static_cast<std::uint16_t>(port));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0;
    close(fd);
    if (free) return port;
  }
  throw std::runtime_error("no free port on the loopback");
}

bool wait_for(const std::function<bool()>& condition, double seconds) {
  const auto begin = std::chrono::steady_clock::now();
  const auto end = begin + std::chrono::milliseconds(static_cast<int>(seconds * 1000));
  while (true) {
    if (condition()) return true;
    const auto now = std::chrono::steady_clock::now();
    if (now > end) return false;
    // The longer it takes, the less a look more helps: what is looked at needs the processor too.
    std::this_thread::sleep_for(std::clamp<std::chrono::nanoseconds>((now - begin) / 20, std::chrono::milliseconds(20), std::chrono::milliseconds(500)));
  }
}

Finished run_muster(const std::vector<std::string>& args, const std::string& folder) {
  std::string log = folder + "/run-XXXXXX";
  close(mkstemp(log.data()));
  const pid_t pid = spawn(args, folder, log);
  const int code = wait_code(pid);
  return {code, read_file(log)};
}

MusterProcess::MusterProcess(std::string settings, std::string server_extra) : client_(http::make_client()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "muster-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  folder_ = pattern;
  port_ = free_port();
  std::ofstream out(config());
  out << "server:\n  listen: 127.0.0.1:" << port_ << "\n  public_url: " << url() << "\n" << server_extra << "store: {url: \"sqlite:" << database() << "\"}\n"
      << "api: {tokens: [{name: scenario, token: \"" << kToken << "\", scopes: [read, respond, publish, admin]}]}\n"
      << settings;
}

MusterProcess::~MusterProcess() {
  if (pid_ > 0) kill9();
  std::error_code ignored;
  if (std::getenv("MUSTER_KEEP") == nullptr) std::filesystem::remove_all(folder_, ignored);
}

bool MusterProcess::running() {
  if (pid_ <= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  pid_ = -1;
  return false;
}

bool MusterProcess::start(double seconds) {
  exit_code_ = -1;
  pid_ = spawn({"serve", "--config", config()}, folder_, folder_ + "/log", wrapper_);
  return wait_for([this] { return !running() || get("/readyz").status == 200; }, seconds) && running();
}

void MusterProcess::kill9() {
  if (pid_ <= 0) return;
  kill(wrapper_.empty() ? pid_ : -pid_, SIGKILL);
  wait_code(pid_);
  const pid_t group = pid_;
  if (!wrapper_.empty()) wait_for([group] { return kill(-group, 0) != 0; });  // what it ran may end a little later
  pid_ = -1;
}

int MusterProcess::stop() {
  if (pid_ <= 0) return -1;
  kill(wrapper_.empty() ? pid_ : -pid_, SIGTERM);
  const int code = wait_code(pid_);
  pid_ = -1;
  return code;
}

http::Answer MusterProcess::post(const std::string& path, const std::string& body, http::Headers headers) {
  http::Call call;
  call.method = "POST";
  call.url = url() + path;
  call.body = body;
  call.headers = std::move(headers);
  auto result = client_->call(call);
  if (auto* answer = std::get_if<http::Answer>(&result)) return *answer;
  http::Answer none;
  none.body = std::get<http::CallFailure>(result).reason;
  return none;
}

http::Answer MusterProcess::command(const std::string& text, const std::string& key) {
  http::Headers headers{{"Authorization", std::string("Bearer ") + kToken}, {"Content-Type", "application/json"}};
  if (!key.empty()) headers.emplace_back("Idempotency-Key", key);
  return post("/api/v1/commands", nlohmann::json{{"text", text}}.dump(), std::move(headers));
}

http::Answer MusterProcess::get(const std::string& path) {
  http::Call call;
  call.url = url() + path;
  call.headers = {{"Authorization", std::string("Bearer ") + kToken}};
  call.deadline = bot::Millis{20000};
  call.answer_cap = 64u << 20;
  auto result = client_->call(call);
  if (auto* answer = std::get_if<http::Answer>(&result)) return *answer;
  http::Answer none;
  none.body = std::get<http::CallFailure>(result).reason;
  return none;
}

Finished MusterProcess::run(const std::vector<std::string>& args) {
  std::vector<std::string> all = args;
  all.insert(all.end(), {"--config", config()});
  return run_muster(all, folder_);
}

std::string MusterProcess::log() const { return read_file(folder_ + "/log"); }

std::size_t MusterProcess::resident_bytes() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/statm");
  std::size_t pages = 0, resident = 0;
  in >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace support
