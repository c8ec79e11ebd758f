// User text inside Markdown: it reads as typed, formats nothing, starts nothing and carries no HTML.
// Place: exports and any renderer that writes Markdown (CommonMark and GitHub's dialect). Pure.
#pragma once

#include <string>

namespace text {

/// Escapes what CommonMark or GitHub would act on; `<` becomes `&lt;`, because not every reader honours a backslash before HTML.
/// Controls, direction overrides and invalid UTF-8 are treated as in `clean`. Indentation at a line's start is dropped (it would make
/// code). `one_line`: line breaks become spaces, for list items and headings.
std::string escape_markdown(const std::string& raw, bool one_line = false);

/// A link whose address may come from outside: "[label](url)", or the label alone unless the address is plain http(s).
std::string markdown_link(const std::string& label, const std::string& url);

}  // namespace text
