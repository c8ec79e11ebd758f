// What the kernel says about a process's children. Place: tests only.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace support {

struct Child { pid_t pid = -1; char state = '?'; std::size_t resident = 0; };  ///< state 'Z': a zombie; resident in bytes

std::vector<Child> children_of(pid_t parent);
/// The resident bytes of a process and of all its children.
std::size_t resident_with_children(pid_t parent);
bool exists(pid_t pid);
/// It runs under a sanitizer, which keeps freed memory for a while. The test program itself may, and the binary under test may not.
bool sanitized(pid_t pid);

}  // namespace support
