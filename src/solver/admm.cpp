#include "unroll/solver/admm.hpp"

#include <algorithm>
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

ProgramResiduals program_residuals(const ProgramAt<Vector>& q, const Vector& x, const Vector& z,
                                   const Vector& y) {
  const auto largest = [](const Vector& v) { return v.size() == 0 ? 0 : v.lpNorm<Eigen::Infinity>(); };
  const double cost = std::max(largest(q.H.reshaped()), largest(q.g));
  const Vector Ax = q.A * x, Hx = q.H * x, Aty = q.A.transpose() * y;
  return {.primal = largest(Ax - Ax.cwiseMax(q.lower).cwiseMin(q.upper)),
          .apart = largest(Ax - z),
          .dual = largest(Hx + q.g + Aty),
          .primal_size = std::max({1.0, largest(Ax), largest(z)}),
          .dual_size = std::max({cost > 0 ? cost : 1, largest(Hx), largest(Aty)})};
}

}  // namespace unroll::detail
