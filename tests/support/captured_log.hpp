// What the process writes to standard error while this lives: the log's lines. Threads: one test at a time.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace support {

class CapturedLog {
 public:
  CapturedLog() : kept_(::dup(2)) {
    std::fflush(stderr);
    const int file = ::mkstemp(path_.data());
    ::fcntl(file, F_SETFL, O_APPEND);
    ::dup2(file, 2);
    ::close(file);
  }
  ~CapturedLog() {
    ::dup2(kept_, 2);
    ::close(kept_);
    ::unlink(path_.c_str());
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  /// Lines with this word in them.
  int times(const std::string& word) const {
    std::ifstream in(path_);
    std::string line;
    int n = 0;
    while (std::getline(in, line)) n += line.find(word) != std::string::npos ? 1 : 0;
    return n;
  }

 private:
  std::string path_ = "/tmp/muster-test-log-XXXXXX";
  int kept_;
};

}  // namespace support
