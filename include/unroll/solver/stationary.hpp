#pragma once

#include <optional>
#include <string_view>

#include "unroll/ad/linear.hpp"
#include "unroll/problem/oracle.hpp"

/// What a method that measures its step size along the gradient does where the gradient is zero: x is there
/// to stay, the step size is 0/0, and yet x moves with θ.
namespace unroll::detail {

/// Whether no entry of g is above 1e-290, so that g is no number to divide by.
bool is_stationary(const Vector& g);

/// The largest |v_i|, or 1 where that is 0: v over it has a square to divide by, whatever units v is in.
double size_of(const Vector& v);

/// V diag(1/λ_i) Vᵀ for H = V diag(λ_i) Vᵀ, n×n; where λ_i is not positive to rounding it stands for
/// flat_step.
/// @throws NumericalError naming the method and λ_i if there is no flat_step.
Matrix inverse_curvature(std::string_view method, const Matrix& H, std::optional<double> flat_step);

/// H where rows and columns are `free` (1, else 0), I elsewhere.
Matrix among(const Vector& free, const Matrix& H);

/// Whether ‖H⁻¹g‖ ≤ 1e-10 ‖x‖, of the free entries.
bool is_at_rest(const Matrix& H, const Vector& x, const Vector& g, double flat_step, const Vector& free);

/// The step from a stationary x: g = ∇f(x, θ) is zero, its derivative H ẋ + M θ̇ is not. The method's runs
/// from the neighbouring θ go on to the minimiser of the quadratic that f is there, and so does the
/// derivative, at once: x − H⁻¹(g − constant g), which is x, and ẋ = −H⁻¹M θ̇. Along a direction that is not
/// curved upwards runs take steps of `flat_step`. Entries that are not `free` stay, if it is given. n
/// products with H and its eigenvectors, where derivatives are wanted.
template <class V>
V stationary_step(std::string_view method, const Oracle<V>& f, const V& x, const V& g, const V& theta,
                  std::optional<double> flat_step = std::nullopt, const Vector& free = Vector()) {
  if constexpr (std::is_same_v<V, Vector>) {
    return x;
  } else {
    const V change = g - Vector(value_of(g));
    const Matrix H = f.hessian(x, theta);
    if (free.size() == 0) return x - Matrix(inverse_curvature(method, H, flat_step)) * change;
    return x - Matrix(inverse_curvature(method, among(free, H), flat_step)) * V(cwise_product(free, change));
  }
}

/// The same where a search finds nothing to gain in the first steps of a run, t ≤ 1, as at a warm start: if x
/// is stationary to rounding, ‖H⁻¹g‖ ≤ 1e-10 ‖x‖, what steps would have made of ∂x is still to come. Else x.
template <class V>
V idle_step(std::string_view method, const Oracle<V>& f, const V& x, const V& g, const V& theta, Index t,
            double flat_step, const Vector& free = Vector()) {
  if constexpr (!std::is_same_v<V, Vector>)
    if (t <= 1 && is_at_rest(f.hessian(x, theta), value_of(x), value_of(g), flat_step, free))
      return stationary_step(method, f, x, g, theta, flat_step, free);
  return x;
}

}  // namespace unroll::detail
