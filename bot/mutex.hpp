// std::mutex with Clang's thread-safety annotations, so that "guarded by" is checked by the compiler where Clang builds.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define MUSTER_TSA(x) __attribute__((x))
#else
#define MUSTER_TSA(x)
#endif
#define GUARDED_BY(x) MUSTER_TSA(guarded_by(x))
#define REQUIRES_LOCK(x) MUSTER_TSA(requires_capability(x))

namespace bot {

class MUSTER_TSA(capability("mutex")) Mutex {
 public:
  void lock() MUSTER_TSA(acquire_capability()) { m_.lock(); }
  void unlock() MUSTER_TSA(release_capability()) { m_.unlock(); }
  std::mutex& native() { return m_; }

 private:
  std::mutex m_;
};

class MUSTER_TSA(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& m) MUSTER_TSA(acquire_capability(m)) : lock_(m.native()) {}
  ~Lock() MUSTER_TSA(release_capability()) = default;
  std::unique_lock<std::mutex>& native() { return lock_; }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace bot
