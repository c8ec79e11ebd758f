// The letters that Muster and a websocket's process exchange, in the frames of outbound_frames.hpp.
// Place: websocket.cpp and websocket_child.cpp, two ends of one build.
#pragma once

namespace http::socket_frame {

// To the child. The first frame is connect, its text the message cap, a line break and the address.
inline constexpr char connect = 'u', send = 's', ping = 'p', close = 'c';
// From the child. closed is the last, its text the reason.
inline constexpr char opened = 'o', text = 't', pinged = 'i', ponged = 'a', closed = 'x';

}  // namespace http::socket_frame
