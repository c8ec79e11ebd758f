// What Muster keeps of a message as Slack sends it.
#include <nlohmann/json.hpp>

#include "integrations/slack/captures.hpp"
#include "integrations/slack/mrkdwn.hpp"
#include "integrations/slack/payload.hpp"
#include "integrations/text/html.hpp"

namespace slack {
namespace {

using nlohmann::json;

constexpr std::size_t kWords = 4000, kFiles = 20, kBlocks = 50;

void append(std::string& out, const std::string& more) {
  if (!more.empty() && out.size() < 4 * kWords) out += (out.empty() ? "" : "\n") + more;
}

/// Bots often send no text at all, only attachments or blocks.
std::string attachment_words(const json& attachment) {
  std::string out;
  for (const char* part : {"pretext", "title", "text"}) append(out, text_of(attachment, part));
  return out.empty() ? text_of(attachment, "fallback") : out;
}

std::string block_words(const json& block) {
  std::string out = text_of(object_of(block, "text"), "text");
  for (const auto& field : list_of(block, "fields")) append(out, text_of(field, "text"));
  return out;
}

}  // namespace

std::string words_of(const json& message) {
  std::string out = text_of(message, "text");
  if (out.empty())
    for (const auto& attachment : list_of(message, "attachments")) append(out, attachment_words(attachment));
  std::size_t seen = 0;
  if (out.empty())
    for (const auto& block : list_of(message, "blocks"))
      if (++seen <= kBlocks) append(out, block_words(block));
  return text::shorten(neutral_text(text::clean(text::valid_utf8(out))), kWords);
}

std::vector<std::pair<std::string, std::string>> files_of(const json& message) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& file : list_of(message, "files")) {
    if (out.size() == kFiles) break;
    std::string name = text_of(file, "name");
    if (name.empty()) name = text_of(file, "title");
    const std::string link = text_of(file, "permalink");
    if (name.empty() && link.empty()) continue;
    out.emplace_back(display_name(name.empty() ? "file" : name), link.rfind("https://", 0) == 0 && link.size() <= 1000 ? link : "");
  }
  return out;
}

void read_author(const json& message, Origin& origin) {
  const std::string user = text_of(message, "user"), bot = text_of(message, "bot_id");
  origin.author = is_id(user) ? user : is_id(bot) ? bot : "";
  std::string name = text_of(message, "username");
  if (name.empty()) name = text_of(object_of(message, "bot_profile"), "name");
  if (name.empty()) name = text_of(object_of(message, "user_profile"), "display_name");
  if (name.empty()) name = text_of(object_of(message, "user_profile"), "real_name");
  origin.author_name = display_name(name);
}

std::string message_key(const Origin& origin) { return origin.channel + "/" + origin.ts; }

}  // namespace slack
