// Status codes in words.
#pragma once

namespace http {

const char* reason_of(int status);

}  // namespace http
