#pragma once

#include <fmt/format.h>

#include <string_view>

#include "unroll/ad/factorisation.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/oracle.hpp"

/// What Newton's method, Gauss–Newton and Levenberg–Marquardt share: steps −α A⁻¹G in a matrix A that itself
/// depends on x and θ.
namespace unroll {

/// Cholesky's factors of A + μI. @throws NumericalError naming the method and the pivot that is not positive.
inline Factorisation damped_factor(std::string_view method, Matrix A, double damping) {
  A.diagonal().array() += damping;
  try {
    return Factorisation::cholesky(A);
  } catch (const NumericalError& e) {
    throw NumericalError(fmt::format("{}: {}; more damping may help", method, e.what()));
  }
}

/// x − αδ, δ = A⁻¹G, with its derivative: A δ = G, hence A δ̇ = Ġ − Ȧ δ, of which `product` is A δ at the
/// constant δ.
template <class V>
V curved_step(const V& x, const V& g, const V& product, const Factorisation& A, const Vector& delta,
              double alpha) {
  const V change = g - product;
  return x - alpha * delta - alpha * A.solve(V(change - value_of(change)));
}

/// `landed`, with the derivative of x − H⁻¹G, H constant: at a solution, where H is ∂_xG, that is the
/// solution's.
template <class V>
V frozen_landing(const V& x, const V& g, const Factorisation& H, const Vector& landed) {
  const V there = x - H.solve(V(g - value_of(g)));
  return there + (landed - value_of(there));
}

}  // namespace unroll
