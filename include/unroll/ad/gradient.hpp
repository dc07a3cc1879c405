#pragma once

#include "unroll/ad/access.hpp"
#include "unroll/ad/decompositions.hpp"
#include "unroll/ad/eigen_scalar.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/plain.hpp"
#include "unroll/ad/primitive.hpp"
#include "unroll/ad/prox.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/ad/solve.hpp"
#include "unroll/ad/tape.hpp"

/// Derivatives of a function given as a template over the array type: f(x) for x a `VarVector` (and, where
/// said, a `DualVector`).
namespace unroll {

namespace ad {
[[noreturn]] void throw_directions(const char* operation, Index n, Shape directions);
/// The adjoint of x, an input of the tape, from f(x): zero if that is constant.
template <class F>
Matrix pulled_back(Tape& tape, const F& f, const VarVector& x) {
  tape.refer_to(f);
  const Var y = f(x);
  if (y.is_constant()) return Matrix::Zero(x.size(), 1 + tape.tangents());
  return tape.sweep(y).adjoint(x);
}
}  // namespace ad

/// ∇f(x), n, for f: R^n → R. One recording and one sweep.
template <class F>
requires std::is_convertible_v<std::invoke_result_t<const F&, const VarVector&>, Var> Vector
gradient(const F& f, const Vector& x) {
  Tape tape;
  return ad::pulled_back(tape, f, tape.input(x));
}

/// ∂F(x), m×n, for F: R^n → R^m: forward mode if F accepts a `DualVector` and n < m, else one sweep with m
/// seeds.
template <class F>
requires std::is_convertible_v<std::invoke_result_t<const F&, const VarVector&>, VarVector> Matrix
jacobian(const F& f, const Vector& x) {
  Tape tape;
  tape.refer_to(f);
  const VarVector input = tape.input(x);
  const VarVector y = f(input);
  if constexpr (std::is_invocable_v<const F&, const DualVector&>) {
    if (x.size() < y.size()) {
      const DualVector image = f(DualVector(x, Matrix::Identity(x.size(), x.size())));
      if (image.directions() == 0) return Matrix::Zero(y.size(), x.size());
      return image.tangents();
    }
  }
  if (y.is_constant()) return Matrix::Zero(y.size(), x.size());
  return tape.sweep(y, Matrix::Identity(y.size(), y.size())).adjoint(input).transpose();
}

/// ∇²f(x) V for k directions V at once, n×k: one recording that carries k tangents, and one sweep. A vector v
/// gives a vector.
/// @throws ShapeError if V has not n rows.
template <class F, class D>
requires std::is_convertible_v<std::invoke_result_t<const F&, const VarVector&>, Var>
auto hessian_vector_product(const F& f, const Vector& x, const Eigen::MatrixBase<D>& directions) {
  using Result = std::conditional_t<D::ColsAtCompileTime == 1, Vector, Matrix>;
  const Index k = directions.cols();
  if (directions.rows() != x.size())
    ad::throw_directions("hessian_vector_product", x.size(), {directions.rows(), k});
  if (k == 0) return Result(Result::Zero(x.size(), k));
  Tape tape(k);
  return Result(ad::over_rays(tape, [&] {
    return ad::last_columns(ad::pulled_back(tape, f, tape.input(x, Matrix(directions))), k);
  }));
}

/// ∇³f(x)[w, v_j, ·] for k directions V at once, n×k; of a vector v a vector. One recording and one sweep.
/// @throws ShapeError if V or w has not n rows; UnsupportedError where f calls a primitive of one's own whose
/// pullback accepts no `DualVector`.
template <class F, class D>
requires std::is_convertible_v<std::invoke_result_t<const F&, const VarVector&>, Var>
auto third_derivative_product(const F& f, const Vector& x, const Vector& w,
                              const Eigen::MatrixBase<D>& directions) {
  using Result = std::conditional_t<D::ColsAtCompileTime == 1, Vector, Matrix>;
  const Index k = directions.cols();
  if (directions.rows() != x.size())
    ad::throw_directions("third_derivative_product", x.size(), {directions.rows(), k});
  if (w.size() != x.size()) ad::throw_directions("third_derivative_product", x.size(), {w.size(), 1});
  if (k == 0) return Result(Result::Zero(x.size(), k));
  Tape tape = Tape::along(k);
  return Result(ad::last_columns(ad::pulled_back(tape, f, tape.input(x, Matrix(directions), w)), k));
}

}  // namespace unroll
