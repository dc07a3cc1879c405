#pragma once

#include "unroll/check/options.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll {

/// Checks what a problem says of itself at (x, θ), a point around which f is smooth:
///   domain              check_domain accepts θ and refuses NaN, f is a number;
///   gradient            against differences of value, parameter_gradient likewise where it is given;
///   H, M, Mᵀ, f_θθ      all of second_order against differences of the gradients (f_θθ where
///   parameter_gradient
///                       is given), and H, f_θθ symmetric;
///   directions          second_order of many directions at once is that of each;
///   repeated, threads   a second call, and calls from four threads at once, give the same bits;
///   curvature           no eigenvalue of H is below the bound that `curvature` gives.
/// Costs n + p times eight gradients. @throws ShapeError unless x has n entries and θ p.
Findings check_problem(const Problem& problem, const Vector& x, const Vector& theta,
                       const CheckOptions& options = {});

}  // namespace unroll
