// The client that a hostile answer cannot bring down: every host's calls run in a process of their own (see adr/0007).
#include <map>

#include "bot/mutex.hpp"
#include "integrations/http/outbound.hpp"
#include "integrations/text/address.hpp"

namespace http {
namespace {

constexpr std::size_t kOwnProcesses = 8;  ///< hosts beyond that share one

class GuardedClient final : public Client {
 public:
  explicit GuardedClient(GuardedOptions options) : options_(std::move(options)) {}
  CallResult call(const Call& call) override {
    try {
      return process_for(text::lower(text::authority_of(call.url))).call(call);
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
