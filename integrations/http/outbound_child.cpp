// The process for outgoing calls: takes calls from its socket, makes each with the library, sends back what came of it.
// Here the library may run out of memory or abort: Muster reads the end of the socket and starts another.
// Threads: the main one reads; one per call under way. Owns nothing worth keeping: it ends at once when Muster does.
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <thread>

#include "integrations/http/client.hpp"
#include "integrations/http/outbound_frames.hpp"
#include "integrations/http/outbound_process.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MUSTER_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MUSTER_SANITIZED 1
#endif
#endif

namespace http {
namespace {

[[maybe_unused]] constexpr std::size_t kMemory = 64u << 20;  ///< beyond what the program itself takes: stacks, connections, answers
[[maybe_unused]] constexpr std::size_t kStack = 512u << 10;
constexpr std::size_t kLongestCall = 64u << 20;

/// The kernel refuses memory beyond kMemory: a hostile answer costs its own call, at worst this process, never the machine.
void limit_memory() {
#if !defined(MUSTER_SANITIZED)  // a sanitizer's shadow needs an address space without end
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 128 << 10);  // large buffers go back to the kernel
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit most{};
  if (pages == 0 || getrlimit(RLIMIT_AS, &most) != 0) return;
  most.rlim_cur = most.rlim_max = std::min<rlim_t>(most.rlim_max, pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + kMemory);
  if (setrlimit(RLIMIT_AS, &most) != 0) std::perror("muster: outgoing calls run without a limit of memory");
#endif
}

void prepare_child() {
  ::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // should it ever be too busy to read the end of its socket
  ::prctl(PR_SET_NAME, "muster-outbound");
  std::ofstream("/proc/self/oom_score_adj") << 500;  // before Muster itself
  ::prctl(PR_SET_DUMPABLE, 0);  // no core file: it would hold tokens
  limit_memory();
}

bool is_socket(int fd) {
  struct stat about{};
  return ::fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

void make(Client& client, FrameSocket& socket, NumberedCall call) {
  CallResult result = CallFailure{true, "The call failed."};
  try {
    result = client.call(call.call);
  } catch (...) {
    // Out of memory, most likely; how far the call had got is unknown.
  }
  if (!socket.send(frame_of(NumberedResult{call.number, std::move(result)}))) ::_exit(1);
}

}  // namespace

bool begin_outbound() {
  if (!is_socket(kOutboundSocket)) {
    std::fputs("muster: \"outbound\" is started by Muster itself, for its outgoing calls; there is nothing to do with it by hand.\n", stderr);
    return false;
  }
  prepare_child();
  return true;
}

int serve_outbound() {
  if (!begin_outbound()) return 2;
  const auto client = make_client();
  FrameSocket socket(kOutboundSocket);
  std::string frame;
  while (socket.receive(frame, [] { return kLongestCall; }, bot::Millis{-1}) == FrameSocket::Heard::frame) {
    auto call = call_in(frame);
    if (!call) break;
    const auto number = call->number;
    try {
      std::thread([&client, &socket, c = std::move(*call)]() mutable { make(*client, socket, std::move(c)); }).detach();
    } catch (const std::exception&) {
      if (!socket.send(frame_of(NumberedResult{number, CallFailure{false, "No memory is left for this call."}}))) break;
    }
  }
  ::_exit(0);  // threads still use what lies on this stack, and nobody waits for their results
}

}  // namespace http
