#include "bot/main_process.hpp"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>

namespace bot {
namespace {

sigset_t signals_that_end() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  return stop;
}

}  // namespace

void prepare_process() {
  signal(SIGPIPE, SIG_IGN);
  const sigset_t stop = signals_that_end();
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // main waits for them; no other thread is interrupted
  mallopt(M_ARENA_MAX, 2);                     // few threads allocate much; more arenas only cost memory
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

void wait_for_the_end(const std::atomic<bool>& fatal) {
  const sigset_t stop = signals_that_end();
  const timespec nap{0, 100'000'000};
  while (!fatal && sigtimedwait(&stop, nullptr, &nap) < 0) {
  }
}

}  // namespace bot
