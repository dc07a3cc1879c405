#pragma once

#include "unroll/problem/cost.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll::detail {

/// What a few products with H at x, or with ∂_xF of a root, tell of it.
struct Estimates {
  double smallest_eigenvalue;  // the smallest Ritz value: at least λ_min(H), or σ_min(∂_xF), near it once the
                               // gradient is along the slow directions, as it is after many steps
  Vector towards_minimiser;  // n, a unit vector along Newton's step
};

/// By min(n, 20) steps of Lanczos' method from the gradient (Golub & Van Loan 2013, 10.1), every vector
/// orthogonalised against all before; where the gradient's part is exhausted, from a vector of no structure.
Estimates estimate(const Problem& problem, const Vector& x, const Vector& theta, const Vector& gradient,
                   Cost& cost);

}  // namespace unroll::detail
