#pragma once

#include "unroll/check/findings.hpp"

namespace unroll {

/// What the comparisons of a checker allow, relative to the largest entry. Differences of a function that is
/// smooth in the scale of its arguments are right to 1e-8 or better.
struct CheckOptions {
  double differences = 1e-6;  // against differences
  double rounding = 1e-10;    // between two ways to compute one thing
};

}  // namespace unroll
