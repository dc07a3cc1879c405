#pragma once

#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace unroll::test {

/// What is wrong with a page, as far as that can be told from its tags; empty if nothing is. Elements must be
/// closed in the order in which they were opened, attributes quoted, ids unique; outside of tags there is no
/// < and no & but of a reference.
inline std::string html_fault(std::string_view page) {
  std::vector<std::string> open;
  std::set<std::string> ids;
  std::size_t i = 0;
  const auto skip_to = [&](std::string_view what) {
    const auto at = page.find(what, i);
    i = at == std::string_view::npos ? page.size() : at + what.size();
  };
  const auto name = [&] {
    std::string text;
    while (i < page.size() && (std::isalnum(static_cast<unsigned char>(page[i])) ||
                               std::string_view("-:_").find(page[i]) != std::string_view::npos))
      text += page[i++];
    return text;
  };
  const auto blanks = [&] {
    while (i < page.size() && std::isspace(static_cast<unsigned char>(page[i]))) ++i;
  };
  while (i < page.size()) {
    if (page[i] == '&') {
      const auto end = page.find(';', i);
      if (end == std::string_view::npos || end > i + 8) return "a bare &";
    }
    if (page[i++] != '<') continue;
    if (page.substr(i).starts_with("!--")) {
      skip_to("-->");
    } else if (page[i] == '!') {
      skip_to(">");
    } else if (page[i] == '/') {
      ++i;
      const std::string closed = name();
      if (open.empty() || open.back() != closed) return "</" + closed + "> closes nothing";
      open.pop_back();
      if (page[i++] != '>') return "</" + closed + " does not end";
    } else {
      const std::string element = name();
      if (element.empty()) return "a bare <";
      for (blanks(); i < page.size() && page[i] != '>' && page[i] != '/'; blanks()) {
        const std::string attribute = name();
        if (attribute.empty() || page[i] != '=') return "<" + element + ": attribute without a value";
        const char quote = page[++i];
        if (quote != '"' && quote != '\'') return "<" + element + ": a value without quotes";
        const std::size_t begin = ++i;
        skip_to(std::string(1, quote));
        if (attribute == "id" && !ids.insert(std::string(page.substr(begin, i - 1 - begin))).second)
          return "an id is there twice";
      }
      const bool empty = page[i] == '/' || element == "meta" || element == "br";
      skip_to(">");
      if (element == "style") skip_to("</style>");
      if (!empty && element != "style") open.push_back(element);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

}  // namespace unroll::test
