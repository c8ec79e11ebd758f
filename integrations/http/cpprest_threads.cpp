#include "integrations/http/cpprest_threads.hpp"

#include <utility>  // before Boost 1.74, which forgets it

#include <openssl/ssl.h>
#include <pplx/threadpool.h>

#include <thread>
#include <vector>

namespace http {
namespace {

constexpr int kThreads = 4;

class CpprestThreads {
 public:
  CpprestThreads() {
    // OpenSSL's own clean-up at exit must be registered before this object is made, so that it runs after these threads are
    // joined: a thread that ends later leaves its part of OpenSSL behind.
    OPENSSL_init_ssl(0, nullptr);
    try {
      crossplat::threadpool::initialize_with_threads(0);
    } catch (const std::exception&) {
      // Somebody started the pool before: its threads work too, only without our net.
    }
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back(run);
  }
  ~CpprestThreads() {
    crossplat::threadpool::shared_instance().service().stop();
    for (auto& thread : threads_) thread.join();
  }
  CpprestThreads(const CpprestThreads&) = delete;
  CpprestThreads& operator=(const CpprestThreads&) = delete;

 private:
  static void run() {
    auto& service = crossplat::threadpool::shared_instance().service();
    for (;;) {
      try {
        service.run();
        return;  // stopped
      } catch (...) {
        // Asio allows run() again after a handler threw; only that handler's call is lost.
      }
    }
  }
  std::vector<std::thread> threads_;
};

}  // namespace

void start_cpprest_threads() {
  // The one static of the project: it mirrors the library's own process-wide pool, is made after it and so goes before it.
  static const CpprestThreads threads;
}

}  // namespace http
