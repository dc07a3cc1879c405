#include "unroll/problem/make_problem.hpp"

namespace unroll::detail {

namespace {
/// dy/dx, of y = f(x, θ) or a function of θ alone; 0 where y does not depend on it.
void write_adjoint(const Tape& tape, const Var& y, const VarVector& x, WritableVector g) {
  if (y.is_constant())
    g.setZero();
  else
    tape.sweep(y).adjoint_into(x, 0, {g.data(), g.size(), 1});
}
}  // namespace

void gradient_into(const Recorded<Var>& f, const VectorView& x, const VectorView& theta, WritableVector g) {
  Tape tape;
  tape.refer_to(f.f, f.bytes);
  const VarVector taped = tape.input_at(x);
  write_adjoint(tape, f(taped, tape.constant_at(theta)), taped, g);
}

Vector parameter_gradient(const Recorded<Var>& f, const Vector& x, const Vector& theta) {
  Vector g(theta.size());
  Tape tape;
  tape.refer_to(f.f, f.bytes);
  const VarVector taped = tape.input_at(VectorView(theta.data(), theta.size()));
  write_adjoint(tape, f(tape.constant_at(VectorView(x.data(), x.size())), taped), taped,
                WritableVector(g.data(), g.size()));
  return g;
}

void second_order_into(const Recorded<Var>& f, const VectorView& x, const VectorView& theta,
                       const ColumnsView& x_dot, const ColumnsView& theta_dot, WritableColumns dx,
                       WritableColumns dtheta) {
  const Index k = x_dot.cols();
  Tape tape(k);
  tape.refer_to(f.f, f.bytes);
  const auto record = [&](WritableColumns to_x, WritableColumns to_theta) {
    const VarVector taped_x = tape.input(x, x_dot);
    const VarVector taped_theta = theta_dot.size() > 0  ? tape.input(theta, theta_dot)
                                  : to_theta.size() > 0 ? tape.input(theta)
                                                        : tape.constant_at(theta);
    const Var y = f(taped_x, taped_theta);
    if (k == 0 || y.is_constant()) {
      to_x.setZero();
      to_theta.setZero();
      return;
    }
    const Sweep sweep = tape.sweep_for_tangents(y);
    sweep.adjoint_into(taped_x, 1, {to_x.data(), to_x.rows(), to_x.cols()});
    if (to_theta.size() > 0)
      sweep.adjoint_into(taped_theta, 1, {to_theta.data(), to_theta.rows(), to_theta.cols()});
  };
  record(dx, dtheta);
  if (!tape.turn_rays()) return;
  Matrix x_back(dx.rows(), k), theta_back(dtheta.rows(), dtheta.cols());
  record({x_back.data(), x_back.rows(), k}, {theta_back.data(), theta_back.rows(), theta_back.cols()});
  dx = 0.5 * (dx + x_back);
  dtheta = 0.5 * (dtheta + theta_back);
  if (dx.allFinite() && dtheta.allFinite()) return;
  tape.leave_rays();
  record(dx, dtheta);
}

SecondOrder third_order(const Recorded<Var>& f, const Vector& x, const Vector& theta, const Vector& w,
                        const Matrix& x_dot, const Matrix& theta_dot) {
  const Index k = x_dot.cols();
  Tape tape = Tape::along(k);
  tape.refer_to(f.f, f.bytes);
  const VarVector taped_x = tape.input(x, x_dot, w),
                  taped_theta = tape.input(theta, theta_dot, Vector::Zero(theta.size()));
  const Var y = f(taped_x, taped_theta);
  if (k == 0 || y.is_constant()) return {Matrix::Zero(x.size(), k), Matrix::Zero(theta.size(), k)};
  const Sweep sweep = tape.sweep(y);
  return {sweep.adjoint(taped_x).rightCols(k), sweep.adjoint(taped_theta).rightCols(k)};
}

}  // namespace unroll::detail
