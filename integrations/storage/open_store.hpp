// The way into the durable state: one address, the ports behind it.
// Place: main.cpp. Threads: the ports as bot/store.hpp says; verify() and backup() from any thread, they use their own connections.
// Errors: a file that is not ours, newer, damaged, in use or not writable is refused with a sentence that says what to do.
#pragma once

#include <memory>
#include <string>

#include "bot/store.hpp"
#include "integrations/storage/verify.hpp"

namespace storage {

struct Health {
  bool ok = true;
  std::string problem;          ///< why not, in words
  std::int64_t wal_bytes = 0;   ///< the write-ahead log; above 64 MB something keeps it from being emptied
  bool verified = false;        ///< a full check has ended since start
  bool must_restart = false;    ///< a write's outcome is unknown: nothing more is written by this process
  std::string warning;          ///< what goes on, but not for long: the disk is full or nearly so
  std::int64_t free_bytes = 0;  ///< on the disk
  std::int64_t reserve_bytes = 0;  ///< kept aside for the hour in which the disk is full
};

struct StoreLimits {
  std::int64_t max_pages = 0;  ///< most 4 KiB pages the file may take; 0: as many as the disk holds
  std::int64_t reserve = 0;    ///< bytes to keep aside for when the disk is full
};

/// A store open for writing. It holds the file's lock until it is destroyed.
class Opened {
 public:
  virtual ~Opened() = default;
  virtual bot::Store& store() = 0;
  virtual bot::Reader& reader() = 0;
  virtual bot::Credentials& credentials() = 0;
  virtual Health health() const = 0;
  /// Now and then: keeps room aside again when there is enough.
  virtual void keep_reserve() = 0;
  /// The full check; its outcome is also told by health(). Takes as long as reading everything: run it in the background.
  virtual bot::Result<VerifyReport> verify() = 0;
  virtual bot::Status backup(const std::string& file) = 0;
};

/// A store open for reading, beside a running server or without one.
class OpenedForReading {
 public:
  virtual ~OpenedForReading() = default;
  virtual bot::Reader& reader() = 0;
  virtual bot::Result<VerifyReport> verify() = 0;
  virtual bot::Status backup(const std::string& file) = 0;
};

/// `url`: "sqlite:PATH" (relative to the working directory) or "sqlite:///absolute/path". Makes the database when there is none.
bot::Result<std::unique_ptr<Opened>> open_store(const std::string& url, bot::Env env, StoreLimits limits = {});
bot::Result<std::unique_ptr<OpenedForReading>> open_for_reading(const std::string& url, bot::Env env);

}  // namespace storage
