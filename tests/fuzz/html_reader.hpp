// Reads HTML as our builder writes it: tags in order, attributes, and the words between, references resolved. Anything else ends the process.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/fuzz/input.hpp"

namespace fuzz {

inline std::string replaced(std::string s, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = s.find(from, at)) != std::string::npos; at += to.size()) s.replace(at, from.size(), to);
  return s;
}

/// HTML's and XML's references, as a browser reads them.
inline std::string unreferenced(std::string s) {
  for (const auto& [name, c] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&apos;", "'"}, {"&amp;", "&"}}) s = replaced(s, name, c);
  return s;
}

struct ReadHtml {
  std::string skeleton;                                        ///< tags and the names of their attributes: what a page does, whatever its words
  std::string words;                                           ///< what is seen, <br> as a line break
  std::vector<std::pair<std::string, std::string>> attributes; ///< name, value
};

inline ReadHtml read_html(const std::string& html) {
  ReadHtml out;
  std::vector<std::string> open;
  for (std::size_t at = 0; at < html.size();) {
    if (html[at] != '<') {
      const std::size_t end = std::min(html.find('<', at), html.size());
      const std::string text = html.substr(at, end - at);
      must(text.find('>') == std::string::npos);
      out.words += unreferenced(text);
      at = end;
      continue;
    }
    const std::size_t end = html.find('>', at);  // a value holds none: it is escaped
    must(end != std::string::npos);
    const std::string tag = html.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag[0] == '/') {
      must(!open.empty() && open.back() == tag.substr(1));
      open.pop_back();
      out.skeleton += "<" + tag + ">";
      continue;
    }
    std::size_t i = std::min(tag.find(' '), tag.size());
    const std::string name = tag.substr(0, i);
    must(!name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos);
    if (name == "br") out.words += '\n';
    out.skeleton += "<" + name;
    while (i < tag.size()) {  // ` name="value"`
      must(tag[i] == ' ');
      const std::size_t equals = tag.find("=\"", i);
      must(equals != std::string::npos);
      const std::size_t close = tag.find('"', equals + 2);
      must(close != std::string::npos);
      const std::string attribute = tag.substr(i + 1, equals - i - 1);
      must(attribute.find_first_not_of("abcdefghijklmnopqrstuvwxyzB-") == std::string::npos);  // B: viewBox
      out.attributes.emplace_back(attribute, unreferenced(tag.substr(equals + 2, close - equals - 2)));
      out.skeleton += " " + attribute;
      i = close + 1;
    }
    out.skeleton += ">";
    if (name != "br" && name != "input" && name != "meta" && name != "link") open.push_back(name);
  }
  must(open.empty());
  return out;
}

/// Where a link leads must be the web, a page of this very server, a place on the same page, or nowhere.
inline bool leads_somewhere_safe(const std::string& url) {
  if (url.rfind("https://", 0) == 0 || url.rfind("http://", 0) == 0 || url.empty()) return true;
  if (url[0] == '?' || url[0] == '#') return true;
  if (url[0] != '/') return false;
  // A browser drops tabs and line breaks, and takes a backslash for a slash: "/\t/host" and "/\host" are other servers.
  std::string read;
  for (const char c : url)
    if (c != '\t' && c != '\n' && c != '\r') read += c == '\\' ? '/' : c;
  return read.rfind("//", 0) != 0;
}

}  // namespace fuzz
