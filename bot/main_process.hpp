// What the process asks of the machine it runs on, and how it is asked to end.
// Place: main_serve.cpp alone. Threads: the main thread.
#pragma once

#include <atomic>

namespace bot {

/// Before any thread exists: signals, memory, open files.
void prepare_process();
/// Waits for SIGTERM, SIGINT or `fatal`.
void wait_for_the_end(const std::atomic<bool>& fatal);

}  // namespace bot
