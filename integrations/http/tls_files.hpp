// The server's certificate and key, read again when the files change.
// Threads: current() from any I/O thread; refresh() from one.
// Errors: a pair that cannot be read at start refuses to start; later the old pair stays in use.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

#include "bot/mutex.hpp"
#include "bot/result.hpp"

namespace http {

class TlsFiles {
 public:
  TlsFiles(std::string certificate, std::string key) : certificate_(std::move(certificate)), key_(std::move(key)) {}
  bot::Status load();
  /// Loads again when size or modification time of either file changed. A pair that cannot be used is told in the log, once, and so is its end.
  void refresh();
  std::shared_ptr<boost::asio::ssl::context> current() const;

 private:
  std::string stamp() const;
  void told(const bot::Status& now);

  std::string certificate_, key_;
  std::string stamp_;
  int failed_looks_ = 0;  ///< in a row
  mutable bot::Mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> context_ GUARDED_BY(mutex_);
};

}  // namespace http
