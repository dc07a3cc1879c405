#include "unroll/problem/prepared_problem.hpp"

#include <fmt/format.h>

#include <cmath>

#include "unroll/error.hpp"

namespace unroll::detail {

void check_prepared_again(const Vector& now, Index p, const Vector& point) {
  const Vector before = point.tail(point.size() - p);
  if (now.size() != before.size())
    throw ShapeError(fmt::format(
        "prepare: {} entries on a tape, {} off it: what is prepared of a theta must always have one shape",
        now.size(), before.size()));
  // Off a tape and on it rounding differs, and what is prepared may amplify it.
  constexpr double tolerance = 1e-3;
  const double change = (now - before).stableNorm(), size = before.stableNorm();
  if (std::isfinite(size) && !(change <= tolerance * size))
    throw UnsupportedError(
        "prepare: called again f's gives other numbers than before: it must be a function of theta alone "
        "(draw random numbers by a generator that is seeded anew in every call)");
}

}  // namespace unroll::detail
