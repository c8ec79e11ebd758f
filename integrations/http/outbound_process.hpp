// Starting and ending the process in which outgoing calls run.
// Place: outbound.cpp, from the one thread that lives as long as the process may: Linux ends the child with the thread that started it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bot/result.hpp"

namespace http {

/// Where the child finds its end of the socket.
inline constexpr int kOutboundSocket = 3;

struct OutboundProcess {
  pid_t pid = -1;
  int socket = -1;  ///< our end; the caller's from now on
};

/// Starts `command` with the socket, /dev/null and standard error, and of the environment only what names certificates, resolver and
/// sanitizer: the secrets that settings read from it stay here.
bot::Result<OutboundProcess> start_outbound(const std::vector<std::string>& command);

/// In the child, first thing: little memory, no signals, no core file. False, with words, when it was not started by start_outbound().
bool begin_outbound();

/// Kills it if it still runs, and takes it away so that no zombie stays. How it ended: "exit 0", "signal 6 (Aborted)".
std::string end_outbound(pid_t pid);

}  // namespace http
