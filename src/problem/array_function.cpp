#include "unroll/problem/array_function.hpp"

namespace unroll::detail {

Matrix value_and_push(const Recorded<VarVector>& f, const Vector& x, const Vector& theta, const Matrix& x_dot,
                      const Matrix& theta_dot) {
  const Index k = x_dot.cols();
  Tape tape = Tape::pushing(k);
  tape.refer_to(f.f, f.bytes);
  const auto moving = [&](const Vector& at, const Matrix& tangents) {
    return tangents.isZero(0) ? tape.constant_at(VectorView(at.data(), at.size())) : tape.input(at, tangents);
  };
  const VarVector y = f(moving(x, x_dot), moving(theta, theta_dot));
  if (k > 0 && !y.is_constant()) return y.block();
  Matrix both = Matrix::Zero(y.size(), 1 + k);
  both.col(0) = y.value();
  return both;
}

SecondOrder pull_array(const Recorded<VarVector>& f, const Vector& x, const Vector& theta, const Matrix& w) {
  Tape tape;
  tape.refer_to(f.f, f.bytes);
  const VarVector taped_x = tape.input(x), taped_theta = tape.input(theta), y = f(taped_x, taped_theta);
  if (w.cols() == 0 || y.is_constant())
    return {Matrix::Zero(x.size(), w.cols()), Matrix::Zero(theta.size(), w.cols())};
  const Sweep sweep = tape.sweep(y, w);
  return {sweep.adjoint(taped_x), sweep.adjoint(taped_theta)};
}

Matrix pull_to_parameters(const Recorded<VarVector>& f, const Vector& x, const Vector& theta,
                          const Matrix& w) {
  Tape tape;
  tape.refer_to(f.f, f.bytes);
  const VarVector taped = tape.input(theta), y = f(tape.constant_at(VectorView(x.data(), x.size())), taped);
  if (w.cols() == 0 || y.is_constant()) return Matrix::Zero(theta.size(), w.cols());
  return tape.sweep(y, w).adjoint(taped);
}

SecondOrder array_curvature(const Recorded<VarVector>& f, const Vector& x, const Vector& theta,
                            const Vector& w, const Matrix& x_dot, const Matrix& theta_dot) {
  const Index k = x_dot.cols();
  if (k == 0) return {x_dot, theta_dot};
  Tape tape(k);
  tape.refer_to(f.f, f.bytes);
  return ad::over_rays(tape, [&]() -> SecondOrder {
    const VarVector taped_x = tape.input(x, x_dot), taped_theta = tape.input(theta, theta_dot),
                    y = f(taped_x, taped_theta);
    if (y.is_constant()) return {Matrix::Zero(x.size(), k), Matrix::Zero(theta.size(), k)};
    Matrix seed = Matrix::Zero(y.size(), 1 + k);
    seed.col(0) = w;
    const Sweep sweep = tape.sweep(y, seed);
    return {sweep.adjoint(taped_x).rightCols(k), sweep.adjoint(taped_theta).rightCols(k)};
  });
}

}  // namespace unroll::detail
