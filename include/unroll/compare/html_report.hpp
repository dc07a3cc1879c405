#pragma once

#include <string>
#include <vector>

#include "unroll/compare/curse.hpp"
#include "unroll/compare/setup.hpp"

namespace unroll {

/// A figure as far as it was drawn.
struct Drawing {
  std::string name;     // of the figure, of the files too
  std::string title;    // in words
  std::string svg;      // content of the SVG file; empty if there is none
  std::string problem;  // then: why
};

/// The run of curse_of_unrolling as one HTML file that needs no other, no network and no script: what to do,
/// solver by solver (`advice`), the tables, the figures, and the settings that reproduce it, among them
/// `command`, the whole command line. Light or dark as the reader's system asks, and fit for paper.
std::string html_report(const Setup& setup, const CurseResult& result, const std::vector<Drawing>& drawings,
                        const std::string& command);

}  // namespace unroll
