#include "integrations/storage/reader_pool.hpp"

namespace storage {

bot::Result<std::unique_ptr<SqliteConnection>> ReaderPool::take() {
  {
    bot::Lock lock(mutex_);
    while (idle_.empty() && open_ >= kConnections) returned_.wait(lock.native());
    if (!idle_.empty()) {
      auto out = std::move(idle_.back());
      idle_.pop_back();
      return out;
    }
    ++open_;
  }
  auto opened = open_for_reading_only(file_, false);
  if (opened) return opened;
  bot::Lock lock(mutex_);
  --open_;
  returned_.notify_one();
  return opened;
}

void ReaderPool::give_back(std::unique_ptr<SqliteConnection> connection) {
  bot::Lock lock(mutex_);
  idle_.push_back(std::move(connection));
  returned_.notify_one();
}

}  // namespace storage
