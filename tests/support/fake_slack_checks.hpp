// What Slack would say about a message's blocks, and whom the message would notify.
// Place: used by the fake Slack and by the renderer's tests. Limits: Slack's Block Kit reference.
#pragma once

#include <set>
#include <string>

namespace support {

/// "" when Slack takes the blocks (a JSON array as text), else why not.
std::string block_complaint(const std::string& blocks);
/// The same for a view (a JSON object as text), modal or Home tab.
std::string view_complaint(const std::string& view);
/// "!channel", "@U1", "!subteam^S1" … live in the fallback text or in markup objects of the blocks.
std::set<std::string> notified(const std::string& text, const std::string& blocks);
/// Everything a reader would see of the blocks, markup unescaped, one line per object.
std::string visible_text(const std::string& blocks);

}  // namespace support
