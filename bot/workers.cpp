#include "bot/workers.hpp"

namespace bot {

void Workers::run(const std::string& integration, std::function<void()> job) {
  Lock lock(mutex_);
  if (stopping_) return;
  Pool& pool = pools_[integration];
  pool.jobs.push_back(std::move(job));
  const auto it = sizes_.find(integration);
  const std::size_t most = it == sizes_.end() ? 2 : static_cast<std::size_t>(it->second);
  if (pool.idle < static_cast<int>(pool.jobs.size()) && pool.threads.size() < most) pool.threads.emplace_back([this, &pool] { work(pool); });
  pool.arrived.notify_one();
}

void Workers::work(Pool& pool) {
  Lock lock(mutex_);
  while (true) {
    ++pool.idle;
    pool.arrived.wait(lock.native(), [&]() REQUIRES_LOCK(mutex_) { return stopping_ || !pool.jobs.empty(); });
    --pool.idle;
    if (stopping_) return;
    auto job = std::move(pool.jobs.front());
    pool.jobs.pop_front();
    lock.native().unlock();
    job();
    job = nullptr;  // its captures go before the lock is taken again
    lock.native().lock();
  }
}

void Workers::stop() {
  std::vector<std::thread> ending;
  {
    Lock lock(mutex_);
    stopping_ = true;
    for (auto& [name, pool] : pools_) {
      pool.arrived.notify_all();
      for (auto& t : pool.threads) ending.push_back(std::move(t));
      pool.threads.clear();
    }
  }
  for (auto& t : ending) t.join();
}

}  // namespace bot
