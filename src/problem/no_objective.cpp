#include "unroll/problem/no_objective.hpp"

#include <fmt/format.h>

#include "unroll/error.hpp"

namespace unroll {
namespace {

[[noreturn]] void refuse(const char* wanted) {
  throw UnsupportedError(fmt::format(
      "no objective: {} was asked for, but the problem has no f; only the solver's step says what x is",
      wanted));
}

}  // namespace

NoObjective::NoObjective(Index n, Index p) : n_(n), p_(p) { check_dimensions(n, p, "no objective"); }

double NoObjective::value(const Vector&, const Vector&) const { refuse("its value"); }
Vector NoObjective::gradient(const Vector&, const Vector&) const { refuse("its gradient"); }
Vector NoObjective::parameter_gradient(const Vector&, const Vector&) const {
  refuse("its gradient in theta");
}
SecondOrder NoObjective::second_order(const Vector&, const Vector&, const Matrix&, const Matrix&) const {
  refuse("its second derivative");
}

}  // namespace unroll
