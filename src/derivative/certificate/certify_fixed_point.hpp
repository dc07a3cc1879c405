#pragma once

#include <algorithm>

#include "derivative/method/fixed_point.hpp"
#include "unroll/derivative/linearisation.hpp"

namespace unroll::detail {

/// ‖x_T − Φ‖ and the residual of J Θ̇ = `pushed` (n×k, along Θ̇, p×k), where x is all that the steps make; with
/// `bounded` the bounds on its error, too, for some ten products with Φ's derivatives a column (see
/// Certificate).
Certificate certify_fixed_point(Steps& steps, const Matrix& pushed, const Matrix& tangents, bool bounded);
/// The same of the pullback u = `pulled` of `run` from w, n×s, of `seeds`: by its v if it has one, else, if
/// bounded, by solving for it.
Certificate certify_fixed_point(Linearisation& run, const Matrix& w, const Matrix& pulled, const Seeds& seeds,
                                bool bounded);

/// How many products a bounded certificate takes, a column.
inline constexpr Index fixed_point_products = 12;
/// How many of the steps before the last are looked at, whether they take turns.
inline constexpr Index steps_in_turn = 15;
/// And whatever the columns, to look at those, and for kinks on both sides.
inline constexpr Index products_beside = 2 * (tangents_for_kinks + steps_in_turn);
/// Where an outer loss is followed to x* by what problem and solver know, so many more for the way there, and
/// for each direction in θ.
inline constexpr Index terms_of_outer = 24;
/// Directions in θ that are looked at, of p.
inline Index directions_in_theta(Index p) { return std::min<Index>(p, 4); }

/// Whether the run came to rest although g, a residual at its end, is no rounding: see
/// Verdict::other_equation.
bool rests_elsewhere(const Steps& steps, double g, double curvature);

}  // namespace unroll::detail
