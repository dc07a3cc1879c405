#pragma once

#include <optional>

#include "unroll/problem/cost.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll::detail {

/// A point x̂ nearer to the minimiser than x: what x bounds, x̂ bounds as well, and sharper.
struct Nearer {
  Vector x, gradient;  // x̂ and ∇f there
  double moved;        // ‖x − x̂‖, so that ‖x − x*‖ ≤ moved + ‖∇f(x̂)‖/ℓ
};

/// x̂ = x − δ by conjugate residuals on Hδ = ∇f, twice, as where H varies once is not enough; each time for a
/// gradient and at most so many products, fewer where ‖∇f‖ falls to a thousandth. x itself where that leads
/// nowhere.
Nearer nearer_point(const Problem& problem, const Vector& x, const Vector& theta, const Vector& gradient,
                    Index products, Cost& cost);

/// Of `nearer_point`, and of what is solved for there: where that is affordable, and where nothing is spared.
inline constexpr Index refining_products = 10, most_refining_products = 40;
/// What nearer_point costs at most.
constexpr Index price_of_nearer(Index products) { return 2 * (products + 1); }

}  // namespace unroll::detail
