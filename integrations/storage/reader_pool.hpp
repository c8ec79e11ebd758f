// A few read-only connections, lent one at a time, each read ended after a second.
// Place: SqlReader and SqlCredentials. Threads: any. A reader never waits for a writer, only for another reader.
#pragma once

#include <memory>
#include <vector>

#include "bot/env.hpp"
#include "bot/mutex.hpp"
#include "integrations/storage/failures.hpp"
#include "integrations/storage/sqlite_file.hpp"

namespace storage {

class ReaderPool {
 public:
  ReaderPool(std::string file, bot::Clock& clock) : file_(std::move(file)), clock_(clock) {}

  template <class Work>
  auto read(Work work) -> bot::Result<decltype(work(std::declval<SqliteConnection&>()))> {
    auto lent = take();
    if (!lent) return lent.error();
    const bot::Millis deadline = clock_.monotonic() + kDeadline;
    (*lent)->set_interrupt([this, deadline] { return clock_.monotonic() > deadline; });
    auto result = guarded([&] { return work(**lent); });
    give_back(*std::move(lent));
    return result;
  }

 private:
  static constexpr bot::Millis kDeadline{1000};
  static constexpr int kConnections = 4;
  bot::Result<std::unique_ptr<SqliteConnection>> take();
  void give_back(std::unique_ptr<SqliteConnection> connection);

  const std::string file_;
  bot::Clock& clock_;
  bot::Mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_ GUARDED_BY(mutex_);
  int open_ GUARDED_BY(mutex_) = 0;
};

}  // namespace storage
