#include "unroll/solver/line_search.hpp"

#include <fmt/format.h>

#include <cmath>

#include "unroll/error.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {

double Armijo::operator()(const Oracle<Vector>& f, const Vector& x, const Vector& theta, const Vector& g,
                          const Vector& d) const {
  const double start = f.value(x, theta), slope = g.dot(d);
  if (!std::isfinite(start) || !(slope <= 0))
    throw NumericalError(
        fmt::format("line search: f is {} and its slope along the direction {}", start, slope));
  const double indistinct = 1e-10 * std::abs(start), shortest = 1e-14 * x.norm() / d.norm();
  for (double h = first_step; h > shortest; h *= shrink) {
    const Vector next = x + h * d;
    const double change = f.value(next, theta) - start;
    const bool accepted = std::abs(change) <= indistinct
                              ? f.gradient(next, theta).dot(d) <= (2 * decrease - 1) * slope
                              : change <= decrease * h * slope;
    if (accepted) return h;
  }
  return 0;
}

void Armijo::check(std::string_view method) const {
  detail::check_option(method, "first_step", first_step, "positive and finite",
                       first_step > 0 && std::isfinite(first_step));
  detail::check_option(method, "shrink", shrink, "between 0 and 1", shrink > 0 && shrink < 1);
  detail::check_option(method, "decrease", decrease, "between 0 and 1/2", decrease > 0 && decrease < 0.5);
}

}  // namespace unroll
