#include "unroll/solver/solve_program.hpp"

#include <algorithm>
#include <cmath>

namespace unroll {

std::string_view describe(ProgramStatus status) {
  switch (status) {
    case ProgramStatus::solved:
      return "solved";
    case ProgramStatus::infeasible:
      return "no point satisfies the constraints";
    case ProgramStatus::unbounded:
      return "the objective has no lower bound";
    case ProgramStatus::step_limit:
      return "all steps were taken: scale the program, or take more";
  }
  return "unknown status";
}

namespace detail {

namespace {

double largest(const Vector& v) { return v.size() == 0 ? 0 : v.lpNorm<Eigen::Infinity>(); }

/// Whether y proves that there is no x: Aᵀy = 0 and the support function of the bounds is negative.
bool proves_infeasible(const ProgramAt<Vector>& q, const Vector& y, double tolerance) {
  const double size = largest(y);
  if (!(size > 0) || largest(q.A.transpose() * y) > tolerance * size) return false;
  double support = 0;
  for (Index i = 0; i < y.size(); ++i) {
    const double bound = y[i] > 0 ? q.upper[i] : q.lower[i];
    if (std::isinf(bound)) {
      if (std::abs(y[i]) > tolerance * size) return false;
      continue;
    }
    support += bound * y[i];
  }
  return support < -tolerance * size;
}

/// Whether the objective falls for ever along d.
bool proves_unbounded(const ProgramAt<Vector>& q, const Vector& d, double tolerance) {
  const double size = largest(d);
  if (!(size > 0) || largest(q.H * d) > tolerance * size || q.g.dot(d) >= -tolerance * size) return false;
  const Vector along = q.A * d;
  for (Index i = 0; i < along.size(); ++i)
    if ((!std::isinf(q.upper[i]) && along[i] > tolerance * size) ||
        (!std::isinf(q.lower[i]) && along[i] < -tolerance * size))
      return false;
  return true;
}

}  // namespace

ProgramSolution solve_program(const ProgramAt<Vector>& q, const Vector& x0, const AdmmStep& step,
                              const ProgramOptions& options) {
  const Index m = q.A.rows();
  constexpr Index often = 25;
  constexpr double of_certificates = 1e-6;
  ProgramSolution s;
  Vector x = x0, z = Vector::Zero(m), y = Vector::Zero(m);
  for (; s.steps < options.steps && s.status == ProgramStatus::step_limit; ++s.steps) {
    const bool looks = (s.steps + 1) % often == 0 || s.steps + 1 == options.steps;
    const Vector x_before = x, y_before = y;
    step(x, z, y);
    if (!looks) continue;
    const ProgramResiduals residuals = program_residuals(q, x, z, y);
    s.primal = residuals.primal;
    s.dual = residuals.dual;
    if (residuals.are_within(options.tolerance)) {
      s.status = ProgramStatus::solved;
    } else if (proves_infeasible(q, y - y_before, of_certificates)) {
      s.status = ProgramStatus::infeasible;
      s.certificate = (y - y_before) / largest(y - y_before);
    } else if (proves_unbounded(q, x - x_before, of_certificates)) {
      s.status = ProgramStatus::unbounded;
      s.certificate = (x - x_before) / largest(x - x_before);
    }
  }
  s.x = x;
  s.y = y;
  const double slack = std::sqrt(options.tolerance) * std::max(1.0, largest(z)),
               weak = std::sqrt(options.tolerance) * std::max(1.0, largest(y));
  for (Index i = 0; i < m; ++i) {
    const bool is_equality = q.lower[i] == q.upper[i];
    const bool at_bound = is_equality || z[i] - q.lower[i] <= slack || q.upper[i] - z[i] <= slack;
    if (!at_bound) continue;
    s.active.push_back(i);
    if (!is_equality && std::abs(y[i]) <= weak) s.weakly_active.push_back(i);
  }
  return s;
}

}  // namespace detail
}  // namespace unroll
