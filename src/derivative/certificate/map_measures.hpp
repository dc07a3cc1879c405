#pragma once

#include "derivative/method/fixed_point.hpp"

/// Measures of the derivatives of a step Φ, by products.
namespace unroll::detail {

/// Entries that are 1 or −1: an image of them is, on average, as long as the matrix in Frobenius norm
/// (Hutchinson).
Matrix signs(Index rows, Index columns);
/// The identity of p, or, of more than `most`, so many directions, by whose images a matrix is, on average,
/// as long as it is.
Matrix probes(Index p, Index most);
/// ∂_θΦ, of which the norm is that of this, or a few of its images.
Matrix slopes_in_theta(const FixedPoint& point, Index p);
/// ‖∂_sΦ‖_2 from below, by a few products along its largest singular vector.
double size_in_state(const FixedPoint& point);
/// What the `steps_in_turn` steps before the last, each by its number, make of tangents, in random sums.
/// Where they take turns, none alone has the derivative of their rest, nor the contraction of all.
struct Turns {
  double difference = 0;  // to what the last makes of it, at most, of `size`; 0 if that is rounding
  double ratio = 0;       // of what one after another leaves of a tangent of s; 1 if an entry stays as it was
};
Turns look_at_turns(const Steps& steps, const FixedPoint& point, const Matrix& state_dot,
                    const Matrix& theta_dot, const Matrix& by_last, double size);

}  // namespace unroll::detail
