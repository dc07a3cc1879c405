#pragma once

#include <string>
#include <string_view>

#include "unroll/compare/table.hpp"

/// Pieces of an HTML page that come from data. Whatever they hold, they stay inside their place.
namespace unroll {

/// Text for a page, or for an attribute in double or single quotes: &, <, >, " and ' as references, control
/// characters but the newline as blanks.
std::string escape_html(std::string_view text);

/// A table as HTML, the first column as headings of its rows, the footnote below; scrolls sideways where
/// there is no room. `name` is for those who do not see it.
std::string html_table(const Table& table, std::string_view name);

/// An SVG file as an element of a page that may hold several: without prolog and namespaces, its ids made
/// unique by a prefix, `title` as its accessible name. Empty if the file has no svg element.
std::string inline_svg(std::string_view svg, std::string_view prefix, std::string_view title);

}  // namespace unroll
