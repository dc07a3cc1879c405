#pragma once

#include <fmt/format.h>

#include <string_view>

#include "unroll/ad/factorisation.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/linear_solve.hpp"

/// What Newton's method, Gauss–Newton and Levenberg–Marquardt share: steps −α A⁻¹G in a matrix A that itself
/// depends on x and θ.
namespace unroll {

/// f(), a NumericalError of which names the method, and says what may help.
template <class F>
auto in_step_of(std::string_view method, std::string_view hint, const F& f) {
  try {
    return f();
  } catch (const NumericalError& e) {
    throw NumericalError(fmt::format("{}: {}{}", method, e.what(), hint));
  }
}

/// Cholesky's factors of A + μI; `name` is what messages call A. @throws NumericalError naming the method and
/// the pivot that is not positive; without damping as `factorised`.
inline Factorisation damped_factor(std::string_view method, Matrix A, std::string_view name, double damping) {
  return in_step_of(method, "; more damping may help", [&] {
    if (damping == 0) return factorised(A, true, name);
    A.diagonal().array() += damping;
    return Factorisation::cholesky(A, fmt::format("{} + mu I", name));
  });
}

/// Those of H, at what should be a minimiser. @throws NumericalError naming the method.
inline Factorisation curvature_factor(std::string_view method, const Matrix& H) {
  return in_step_of(method, ": x is no strict minimiser", [&] { return factorised(H, true, "H"); });
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
