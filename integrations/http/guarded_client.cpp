// The client that a hostile answer cannot bring down: every host's calls run in a process of their own (see adr/0007).
#include <map>

#include "bot/mutex.hpp"
#include "integrations/http/outbound.hpp"

namespace http {
namespace {

constexpr std::size_t kOwnProcesses = 8;  ///< hosts beyond that share one

/// "https://user@Host:443/x" → "host:443".
std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  std::string host = scheme == std::string::npos ? "" : url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const auto at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
  for (char& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return host;
}

class GuardedClient final : public Client {
 public:
  explicit GuardedClient(GuardedOptions options) : options_(std::move(options)) {}
  CallResult call(const Call& call) override {
    try {
      return process_for(host_of(call.url)).call(call);
    } catch (const std::exception& e) {  // no memory, no thread
      return CallFailure{true, e.what()};
    }
  }

 private:
  Outbound& process_for(std::string host) {
    bot::Lock lock(mutex_);
    if (processes_.size() >= kOwnProcesses && processes_.count(host) == 0) host = "others";
    auto& process = processes_[host];
    if (!process) process = std::make_unique<Outbound>(host, options_);
    return *process;
  }
  const GuardedOptions options_;
  bot::Mutex mutex_;
  std::map<std::string, std::unique_ptr<Outbound>> processes_ GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Client> make_guarded_client(GuardedOptions options) { return std::make_unique<GuardedClient>(std::move(options)); }

}  // namespace http
