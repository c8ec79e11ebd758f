// Slack's message markup: how text that anybody wrote becomes markup that notifies nobody, and back.
// Place: used by the renderer, the topic and the inbound routes. Source of the rules: Slack's "Formatting text for app surfaces".
#pragma once

#include <string>

namespace slack {

/// Bad UTF-8, control and bidirectional characters out; then exactly & < > as entities, which switches off every live form (<!channel>, <@U…>).
std::string escape(const std::string& raw);
/// The reverse for what Slack sends: &amp; &lt; &gt;, once, nothing else.
std::string unescape(const std::string& received);
/// `<url|label>`, or the escaped words alone when the address is not http(s) or mailto.
std::string link_markup(const std::string& url, const std::string& label);

/// Code points.
std::size_t length(const std::string& utf8);
/// At most `limit` code points, ending in "…" when cut; never inside an entity or `<…>`. REQUIRES: `markup` comes from here.
std::string cut(const std::string& markup, std::size_t limit);

/// A typed command's text in Muster's neutral form: mentions become person tokens, channels, groups and links plain words, entities characters.
std::string neutral_text(const std::string& received);

}  // namespace slack
