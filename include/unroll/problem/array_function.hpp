#pragma once

#include "unroll/problem/problem.hpp"
#include "unroll/problem/recorded.hpp"

/// Products with the derivatives of an array y = f(x, θ), m entries: each is one recording.
namespace unroll::detail {

/// [f, ∂_xf Ẋ + ∂_θf Θ̇], m×(1 + k), by a recording that carries the tangents; what has none is a constant to
/// it.
Matrix value_and_push(const Recorded<VarVector>& f, const Vector& x, const Vector& theta, const Matrix& x_dot,
                      const Matrix& theta_dot);
/// (∂_xfᵀ W, ∂_θfᵀ W), n×s and p×s, for W m×s.
SecondOrder pull_array(const Recorded<VarVector>& f, const Vector& x, const Vector& theta, const Matrix& w);
/// ∂_θfᵀ W alone, x being a constant.
Matrix pull_to_parameters(const Recorded<VarVector>& f, const Vector& x, const Vector& theta,
                          const Matrix& w);
/// The tangents of (∂_xfᵀ w, ∂_θfᵀ w) in k directions: the curvature wᵀ∂²f, for w of m entries.
SecondOrder array_curvature(const Recorded<VarVector>& f, const Vector& x, const Vector& theta,
                            const Vector& w, const Matrix& x_dot, const Matrix& theta_dot);

}  // namespace unroll::detail
