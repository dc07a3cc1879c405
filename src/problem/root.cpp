#include "unroll/problem/root.hpp"

#include <fmt/format.h>

#include "unroll/error.hpp"
#include "unroll/problem/constrained.hpp"

namespace unroll {

double Root::value(const Vector&, const Vector&) const {
  throw UnsupportedError(
      "root: its value was asked for, as by a line search, but F(x, theta) = 0 has no objective; take a "
      "solver "
      "that asks for gradients alone, which are F");
}

SecondOrder Root::second_order(const Vector&, const Vector&, const Matrix&, const Matrix&) const {
  throw UnsupportedError(
      "root: second derivatives of an objective were asked for, but F(x, theta) = 0 has none (its first "
      "derivatives are push_gradient and pull_gradient)");
}

void detail::check_residual(Index entries, Index n) {
  if (entries != n)
    throw ShapeError(
        fmt::format("make_root: F gave {} entries, it must give as many as x has, {}", entries, n));
}

void detail::check_constraints(Index entries, Index m) {
  if (entries != m) throw ShapeError(fmt::format("constraints: c gave {} entries, m is {}", entries, m));
}

}  // namespace unroll
