// The threads cpprestsdk runs on, ours instead of its own.
// Why: its pool's threads let an exception end the process, and a hostile answer (a chunk of size -1, in 2.10.18 and later) raises one.
// So its pool is created with no threads, and these run its io_service and go on after an exception. The call that met it ends by its deadline.
// Lives: until the process ends, since the library's pool does; one per process.
#pragma once

namespace http {

/// Starts the threads at the first call. Threads: any.
void start_cpprest_threads();

}  // namespace http
