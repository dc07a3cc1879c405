#include "unroll/solver/admm.hpp"

#include <cmath>

#include "unroll/solver/option_checks.hpp"

namespace unroll::detail {

Vector row_penalties(const Vector& lower, const Vector& upper, double penalty) {
  constexpr double of_equalities = 1e3;
  Vector rho(lower.size());
  for (Index i = 0; i < rho.size(); ++i) rho[i] = lower[i] == upper[i] ? of_equalities * penalty : penalty;
  return rho;
}

void check_admm(double penalty, double regularisation, double relaxation) {
  check_option("ADMM", "penalty", penalty, "positive and finite", penalty > 0 && std::isfinite(penalty));
  check_option("ADMM", "regularisation", regularisation, "positive and finite",
               regularisation > 0 && std::isfinite(regularisation));
  check_option("ADMM", "relaxation", relaxation, "between 0 and 2", relaxation > 0 && relaxation < 2);
}

}  // namespace unroll::detail
