#pragma once

#include <string>
#include <vector>

#include "unroll/derivative/certificate.hpp"
#include "unroll/problem/cost.hpp"
#include "unroll/solver/status.hpp"
#include "unroll/types.hpp"

namespace unroll {

/// What every derivative says of the run behind it. After Status::non_finite, everything is of the last
/// finite iterate.
struct RunRecord {
  Vector theta{};                      // θ, p
  Vector x{};                          // x_T, n
  Index steps = 0;                     // T, the steps taken with a finite result
  Status status = Status::step_limit;  // how the run ended
  Cost cost{};                         // what it took
  // The form by which the derivative was corrected (see Reverse::corrected); automatic: it was not.
  Equation corrected_by = Equation::automatic;
  std::string path{};    // of Certified{}: what was done, in one sentence
  std::string origin{};  // after Status::non_finite_derivative, if it was found: the step and the operation
};

/// ∂x_T(θ), total: through the steps and through x_0(θ).
struct Derivative : RunRecord {
  Matrix dx{};                // n×p
  Certificate certificate{};  // of dx: how far from ∂x* it may be
};

/// The pullback of a cotangent w ∈ R^n.
struct Vjp : RunRecord {
  Vector dtheta{};   // ∂x_T(θ)ᵀ w, p, total
  Vector dx0{};      // (∂x_T/∂x_0)ᵀ w, n; empty where it would cost something and was not asked for
  Vector adjoint{};  // λ ≈ H⁻¹w, n, or v of the whole state: see AdjointEstimate
  Certificate certificate{};  // of dtheta: how far from ∂x*ᵀw it may be; of x_T alone where no λ is known
};

/// The pushforward of a tangent θ̇ ∈ R^p.
struct Jvp : RunRecord {
  Vector dx{};                // ∂x_T(θ) θ̇, n
  Certificate certificate{};  // of dx: how far from ∂x* θ̇ it may be
};

/// ∂x_t for several t of one run.
struct History {
  std::vector<Index> t{};              // those asked for that the run reached, ascending
  std::vector<Vector> x{};             // x_t, n
  std::vector<Matrix> dx{};            // ∂x_t, n×p
  Index steps = 0;                     // T, the steps taken with a finite result
  Status status = Status::step_limit;  // how the run ended
  Cost cost{};                         // what it took
  std::string origin{};                // as in RunRecord
};

}  // namespace unroll
