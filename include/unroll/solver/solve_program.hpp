#pragma once

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/solver/admm.hpp"

namespace unroll {

/// How a program was left.
enum class ProgramStatus {
  solved,      // primal and dual residual are within the tolerance
  infeasible,  // no x satisfies the constraints, which `certificate`, y of m entries, proves: Aᵀy = 0, and
               // Σ_i max(u_i y_i, l_i y_i) < 0
  unbounded,   // the objective falls for ever along `certificate`, x of n entries
  step_limit,  // neither
};
std::string_view describe(ProgramStatus status);

/// A solution by its conditions of Karush, Kuhn and Tucker.
struct ProgramSolution {
  ProgramStatus status = ProgramStatus::step_limit;
  Vector x{}, y{};              // n, m. Of no meaning unless solved
  Vector certificate{};         // of infeasibility, or of unboundedness
  double primal = 0, dual = 0;  // max_i of what A x is outside the bounds; max_i |H x + g + Aᵀy|
  Index steps = 0;              // taken
  std::vector<Index> active{};  // the constraints at a bound, ascending
  std::vector<Index>
      weakly_active{};  // those of them with a multiplier of 0: the solution has a kink in θ there
};

struct ProgramOptions {
  Index steps = 20000;  // at most
  double tolerance =
      1e-9;  // of both residuals, relative to the largest terms in them; of certificates, likewise
};

namespace detail {
using AdmmStep = std::function<void(Vector& x, Vector& z, Vector& y)>;
ProgramSolution solve_program(const ProgramAt<Vector>& program, const Vector& x0, const AdmmStep& step,
                              const ProgramOptions& options);
}  // namespace detail

/// Solves the program at θ by Admm's steps, and looks at it: for who wants a status rather than a derivative.
/// @throws DomainError, ShapeError for a program that is none (see QuadraticProgram::at), and as Admm::check.
template <class F>
ProgramSolution solve_program(const QuadraticProgram<F>& qp, const Vector& theta,
                              const ProgramOptions& options = {}) {
  const ProgramAt<Vector> at = qp.at(theta);
  const Admm<F> admm(qp);
  const auto prepared = admm.prepare(theta);
  const Oracle<Vector> none(qp);
  return detail::solve_program(
      at, Vector(Vector::Zero(qp.dimension())),
      [&](Vector& x, Vector& z, Vector& y) {
        auto next = admm.step(none, typename Admm<F>::template State<Vector>{x, z, y}, theta, 0, prepared);
        x = std::move(next.x);
        z = std::move(next.z);
        y = std::move(next.y);
      },
      options);
}

}  // namespace unroll
