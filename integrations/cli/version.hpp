// The version people see; the same as in CMakeLists.txt (a test compares the two).
#pragma once

namespace cli {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace cli
