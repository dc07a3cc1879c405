#include "data_checks.hpp"

#include <fmt/format.h>

#include "unroll/error.hpp"

namespace unroll {

void check_data(const Matrix& a, const Vector& y, std::string_view problem) {
  if (a.size() == 0) throw ShapeError(fmt::format("{}: A is {}x{}, empty", problem, a.rows(), a.cols()));
  if (y.size() != a.rows())
    throw ShapeError(fmt::format("{}: A is {}x{}, y has {} entries", problem, a.rows(), a.cols(), y.size()));
  for (Index i = 0; i < a.rows(); ++i) {
    for (Index j = 0; j < a.cols(); ++j)
      if (!std::isfinite(a(i, j)))
        throw DomainError(fmt::format("{}: A({}, {}) is {}", problem, i, j, a(i, j)));
    if (!std::isfinite(y[i])) throw DomainError(fmt::format("{}: y[{}] is {}", problem, i, y[i]));
  }
}

void check_positive(const Vector& theta, std::string_view problem) {
  if (!(theta[0] > 0) || !std::isfinite(theta[0]))
    throw DomainError(fmt::format("{}: theta is {}, must be positive", problem, theta[0]));
}

}  // namespace unroll
