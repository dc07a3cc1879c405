#pragma once

#include "unroll/ad/plain.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/problem/problem.hpp"

/// Products with the derivatives of an array y = f(x, θ), m entries, f a template over the array type: each
/// is one recording, which refers to f.
namespace unroll::detail {

/// [f, ∂_xf Ẋ + ∂_θf Θ̇], m×(1 + k), by a recording that carries the tangents; what has none is a constant to
/// it.
template <class F>
Matrix value_and_push(const F& f, const Vector& x, const Vector& theta, const Matrix& x_dot,
                      const Matrix& theta_dot) {
  const Index k = x_dot.cols();
  Tape tape = Tape::pushing(k);
  tape.refer_to(f);
  const auto moving = [&](const Vector& at, const Matrix& tangents) {
    return tangents.isZero(0) ? tape.constant_at(VectorView(at.data(), at.size())) : tape.input(at, tangents);
  };
  const VarVector y = f(moving(x, x_dot), moving(theta, theta_dot));
  if (k > 0 && !y.is_constant()) return y.block();
  Matrix both = Matrix::Zero(y.size(), 1 + k);
  both.col(0) = y.value();
  return both;
}

/// (∂_xfᵀ W, ∂_θfᵀ W), n×s and p×s, for W m×s.
template <class F>
SecondOrder pull_array(const F& f, const Vector& x, const Vector& theta, const Matrix& w) {
  Tape tape;
  tape.refer_to(f);
  const VarVector taped_x = tape.input(x), taped_theta = tape.input(theta), y = f(taped_x, taped_theta);
  if (w.cols() == 0 || y.is_constant())
    return {Matrix::Zero(x.size(), w.cols()), Matrix::Zero(theta.size(), w.cols())};
  const Sweep sweep = tape.sweep(y, w);
  return {sweep.adjoint(taped_x), sweep.adjoint(taped_theta)};
}

/// ∂_θfᵀ W alone, x being a constant.
template <class F>
Matrix pull_to_parameters(const F& f, const Vector& x, const Vector& theta, const Matrix& w) {
  Tape tape;
  tape.refer_to(f);
  const VarVector taped = tape.input(theta), y = f(tape.constant_at(VectorView(x.data(), x.size())), taped);
  if (w.cols() == 0 || y.is_constant()) return Matrix::Zero(theta.size(), w.cols());
  return tape.sweep(y, w).adjoint(taped);
}

/// The tangents of (∂_xfᵀ w, ∂_θfᵀ w) in k directions: the curvature wᵀ∂²f, for w of m entries.
template <class F>
SecondOrder array_curvature(const F& f, const Vector& x, const Vector& theta, const Vector& w,
                            const Matrix& x_dot, const Matrix& theta_dot) {
  const Index k = x_dot.cols();
  if (k == 0) return {x_dot, theta_dot};
  Tape tape(k);
  tape.refer_to(f);
  const VarVector taped_x = tape.input(x, x_dot), taped_theta = tape.input(theta, theta_dot),
                  y = f(taped_x, taped_theta);
  if (y.is_constant()) return {Matrix::Zero(x.size(), k), Matrix::Zero(theta.size(), k)};
  Matrix seed = Matrix::Zero(y.size(), 1 + k);
  seed.col(0) = w;
  const Sweep sweep = tape.sweep(y, seed);
  return {ad::last_columns(sweep.adjoint(taped_x), k), ad::last_columns(sweep.adjoint(taped_theta), k)};
}

}  // namespace unroll::detail
