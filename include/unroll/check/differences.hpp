#pragma once

#include <functional>

#include "unroll/types.hpp"

namespace unroll::detail {

/// ∂F(x), m×n, for F: R^n → R^m by central differences of order four, F(x ± h), F(x ± 2h), with h in the
/// scale of x: right to about 1e-10 of F and its derivatives where F is smooth in that scale; or with a part
/// of that h.
Matrix differences(const std::function<Vector(const Vector&)>& F, const Vector& x, double part = 1);

/// The rounding that is left in them of an F of this size.
double difference_rounding(double size, const Vector& x, double part = 1);

/// Numbers in (−1, 1), rows×cols, the same for the same seed on every machine.
Matrix spread(Index rows, Index cols, unsigned seed);

}  // namespace unroll::detail
