#include "unroll/compare/html.hpp"

#include <doctest/doctest.h>

#include "compare/html_checker.hpp"

using namespace unroll;
using test::html_fault;

namespace {

const char* const nasty = "<script>alert('x')</script> & \"y\"\x01";

const char* const svg = R"svg(<?xml version="1.0"?>
<svg
 width="10" height="10" xmlns="http://www.w3.org/2000/svg" xmlns:xlink='http://www.w3.org/1999/xlink'>
<title>Gnuplot</title>
<desc>Produced by GNUPLOT</desc>
<defs><circle id='dot' r='1'/><filter id="box"></filter></defs>
<g id="gnuplot_plot_1"><title>gd-short</title><use xlink:href='#dot' filter="url(#box)"/></g>
<g id="gnuplot_plot_2"><title>gnuplot_plot_2</title></g>
</svg>
)svg";

}  // namespace

TEST_CASE("the checker of the tests finds what is wrong with a page") {
  CHECK(html_fault("<!DOCTYPE html><p class='a'>1 &lt; 2 <br> <use x=\"1\"/></p>") == "");
  CHECK(html_fault("<p><b></p></b>") == "</p> closes nothing");
  CHECK(html_fault("<p>") == "<p> is never closed");
  CHECK(html_fault("1 < 2") == "a bare <");
  CHECK(html_fault("this & that is longer") == "a bare &");
  CHECK(html_fault("<p class=a></p>") == "<p: a value without quotes");
  CHECK(html_fault("<p id='a'></p><p id='a'></p>") == "an id is there twice");
}

TEST_CASE("escaped text holds no mark-up, and nothing that ends an attribute") {
  CHECK(escape_html(nasty) == "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot; ");
  CHECK(escape_html("θ = 1 −\nκ") == "θ = 1 −\nκ");
}

TEST_CASE("a table keeps its cells in their places whatever they hold") {
  Table table({"solver", nasty});
  table.add_row({nasty, "12"});
  table.set_footnote(nasty);
  const std::string html = html_table(table, nasty);
  CHECK(html_fault(html) == "");
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("<th scope=\"col\">solver</th>") != std::string::npos);
  CHECK(html.find("</th><td>12</td></tr>") != std::string::npos);
  CHECK(html.find("<p class=\"footnote\">&lt;script&gt;") != std::string::npos);
}

TEST_CASE("a picture in a page has no prolog, no namespaces, ids and references of its own, and our title") {
  const std::string html = inline_svg(svg, "error", nasty);
  CHECK(html_fault(html) == "");
  CHECK(html.starts_with("<svg role=\"img\""));
  CHECK(html.find("http") == std::string::npos);
  CHECK(html.find("id='error-dot'") != std::string::npos);
  CHECK(html.find("href='#error-dot' filter=\"url(#error-box)\"") != std::string::npos);
  CHECK(html.find("<title>&lt;script&gt;") != std::string::npos);
  CHECK(html.find("<title>gd-short</title>") != std::string::npos);
  CHECK(html.find("<title>gnuplot") == std::string::npos);
  CHECK(html.find("Produced") == std::string::npos);
  CHECK(html_fault(html + inline_svg(svg, "other", "")) == "");
  CHECK(inline_svg("no picture", "a", "b") == "");
  CHECK(inline_svg("", "a", "b") == "");
}
