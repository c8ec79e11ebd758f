#include "tests/homeserver/homeserver.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "integrations/http/server.hpp"
#include "tests/support/muster_process.hpp"

namespace support {
namespace {

constexpr const char* kSecret = "shared-secret-of-the-tests";

/// Beside the build folders of the presets, kept between runs.
std::string install_folder() {
  if (const char* named = std::getenv("MUSTER_HOMESERVER_FOLDER")) return named;
  return std::filesystem::canonical("/proc/self/exe").parent_path().parent_path().parent_path() / "homeserver";
}

std::string no_limits() {
  std::string out = "rc_message: &big {per_second: 100000, burst_count: 100000}\nrc_login: {address: *big, account: *big, failed_attempts: *big}\n"
                    "rc_joins: {local: *big, remote: *big}\nrc_invites: {per_room: *big, per_user: *big, per_issuer: *big}\n";
  for (const char* name : {"registration", "admin_redaction", "joins_per_room", "room_creation"}) out += std::string("rc_") + name + ": *big\n";
  return out;
}

std::string hex_hmac_sha1(const std::string& key, const std::string& text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int n = 0;
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), out, &n);
  std::string hex;
  for (unsigned int i = 0; i < n; ++i) {
    constexpr char digits[] = "0123456789abcdef";
    hex += digits[out[i] >> 4];
    hex += digits[out[i] & 15];
  }
  return hex;
}

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string config(const std::string& folder, int port, const HomeserverOptions& options) {
  std::string yaml = std::string("server_name: ") + RealHomeserver::kServerName + "\npid_file: " + folder + "/pid\n" +
                     "listeners:\n  - {port: " + std::to_string(port) +
                     ", tls: false, type: http, x_forwarded: false, bind_addresses: ['127.0.0.1'], resources: [{names: [client], compress: false}]}\n"
                     "public_baseurl: http://127.0.0.1:" + std::to_string(port) + "/\n" +
                     "database: {name: sqlite3, args: {database: " + folder + "/homeserver.db}}\nmedia_store_path: " + folder + "/media\n" +
                     "signing_key_path: " + folder + "/signing.key\nlog_config: " + folder + "/log.yaml\n" +
                     "macaroon_secret_key: tests\nform_secret: tests\nregistration_shared_secret: " + kSecret + "\nreport_stats: false\nbcrypt_rounds: 4\n" +
                     "trusted_key_servers: []\nsuppress_key_server_warning: true\nfederation_domain_whitelist: []\nurl_preview_enabled: false\n"
                     "presence: {enabled: false}\ncaches: {sync_response_cache_duration: 0}\n" +
                     "default_room_version: \"" + options.room_version + "\"\n";
  if (options.encrypts_everything) yaml += "encryption_enabled_by_default_for_room_type: all\n";
  if (!options.app_service.empty()) yaml += "app_service_config_files: ['" + (options.app_service[0] == '/' ? "" : folder + "/") + options.app_service + "']\n";
  if (!options.limits.empty()) return yaml + options.limits;
  return options.default_limits ? yaml : yaml + no_limits();
}

}  // namespace

std::string homeserver_python() { return install_folder() + "/venv/bin/python"; }

std::string RealHomeserver::missing() {
  if (access((install_folder() + "/installed").c_str(), R_OK) == 0) return "";
  static const bool said = [] {
    std::cerr << "\n*** SKIPPED: there is no real Matrix homeserver to test against. tests/homeserver/install installs it. ***\n\n";
    return true;
  }();
  (void)said;
  const char* required = std::getenv("MUSTER_HOMESERVER");
  if (required != nullptr && std::string(required) == "required") FAIL("the homeserver is required, but not installed");
  return "not installed";
}

RealHomeserver::RealHomeserver(HomeserverOptions options) : port_(free_port()), client_(http::make_client()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "muster-homeserver-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  folder_ = pattern;
  write(folder_ + "/homeserver.yaml", config(folder_, port_, options));
  write(folder_ + "/signing.key", "ed25519 a_test AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
  write(folder_ + "/log.yaml",
        "version: 1\nformatters: {p: {format: '%(asctime)s %(levelname)s %(name)s %(message)s'}}\n"
        "handlers: {console: {class: logging.StreamHandler, formatter: p, stream: ext://sys.stderr}}\n"
        "root: {level: WARNING, handlers: [console]}\nloggers: {synapse.access: {level: INFO}}\ndisable_existing_loggers: false\n");
}

RealHomeserver::~RealHomeserver() {
  kill9();
  std::error_code ignored;
  if (std::getenv("MUSTER_KEEP") == nullptr) std::filesystem::remove_all(folder_, ignored);
}

bool RealHomeserver::start(double seconds) {
  const pid_t parent = getpid();
  const std::string log = folder_ + "/log", python = homeserver_python(), yaml = folder_ + "/homeserver.yaml";  // the child must not allocate
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test program that crashes leaves no homeserver behind
    if (getppid() != parent) _exit(1);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, 1);
    dup2(out, 2);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    for (int fd = 3; fd < 1024; ++fd) close(fd);
    execl(python.c_str(), python.c_str(), "-m", "synapse.app.homeserver", "-c", yaml.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  return wait_for(
      [this] {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) != 0) {
          pid_ = -1;
          return true;
        }
        http::Call call;
        call.url = url() + "/health";
        const auto result = client_->call(call);
        const auto* answer = std::get_if<http::Answer>(&result);
        return answer != nullptr && answer->status == 200;
      },
      seconds) && running();
}

int RealHomeserver::stop() {
  if (pid_ <= 0) return -1;
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void RealHomeserver::kill9() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string RealHomeserver::log() const {
  std::ifstream in(folder_ + "/log", std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

std::size_t RealHomeserver::resident_bytes() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/statm");
  std::size_t size = 0, pages = 0;
  in >> size >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

RealHomeserver::Heard RealHomeserver::call_any(const std::string& method, const std::string& path, const std::string& token, const nlohmann::json& body) {
  http::Call call;
  call.method = method;
  call.url = url() + path;
  call.deadline = bot::Millis{30000};
  call.answer_cap = 64u << 20;
  if (!token.empty()) call.headers.emplace_back("Authorization", "Bearer " + token);
  if (!body.is_null()) {
    call.headers.emplace_back("Content-Type", "application/json");
    call.body = body.dump();
  }
  const auto result = client_->call(call);
  const auto* answer = std::get_if<http::Answer>(&result);
  if (answer == nullptr) return {0, nlohmann::json::object()};
  auto parsed = nlohmann::json::parse(answer->body, nullptr, false);
  return {answer->status, parsed.is_discarded() ? nlohmann::json::object() : parsed};
}

Account RealHomeserver::add(const std::string& name, bool admin) {
  const std::string path = "/_synapse/admin/v1/register", password = "password-of-" + name;
  const auto nonce = call_any("GET", path, "", nullptr).body.value("nonce", "");
  const std::string text = nonce + std::string(1, '\0') + name + std::string(1, '\0') + password + std::string(1, '\0') + (admin ? "admin" : "notadmin");
  const auto made = call_any("POST", path, "", {{"nonce", nonce}, {"username", name}, {"password", password}, {"admin", admin}, {"mac", hex_hmac_sha1(kSecret, text)}});
  if (made.status != 200) FAIL("the homeserver did not register " << name << ": " << made.status << " " << made.body.dump());
  return {made.body.value("user_id", ""), made.body.value("access_token", ""), made.body.value("device_id", "")};
}

RealHomeserver::Heard RealHomeserver::call(const std::string& method, const std::string& path, const Account& as, const nlohmann::json& body) {
  return call_any(method, "/_matrix/client/" + path, as.token, body);
}

RealHomeserver::Heard RealHomeserver::state(const std::string& room, const std::string& type, const Account& as, const std::string& key) {
  return call("GET", "v3/rooms/" + http::percent_encode(room) + "/state/" + type + "/" + http::percent_encode(key), as);
}

std::string RealHomeserver::room_of(const std::string& alias, const Account& as) {
  return call("GET", "v3/directory/room/" + http::percent_encode(alias), as).body.value("room_id", "");
}

nlohmann::json RealHomeserver::history(const std::string& room, const Account& as) {
  nlohmann::json out = nlohmann::json::array();
  for (std::string from = "";;) {
    const auto page = call("GET", "v3/rooms/" + http::percent_encode(room) + "/messages?dir=f&limit=500" + (from.empty() ? "" : "&from=" + http::percent_encode(from)), as);
    for (const auto& event : page.body.value("chunk", nlohmann::json::array())) out.push_back(event);
    from = page.body.value("end", "");
    if (from.empty() || page.body.value("chunk", nlohmann::json::array()).empty()) return out;
  }
}

}  // namespace support
