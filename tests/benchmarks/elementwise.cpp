#include <memory>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// W6: x − h(tanh x + θ∘x), elementwise, where memory traffic is all. W7: a quadratic in two variables, where
/// overhead is all.
namespace unroll::bench {

namespace {

struct Elementwise {
  Index n = 10'000, steps = 100;
  Vector theta = 0.1 * normal_vector(n, 1).cwiseAbs();
  Vector start = normal_vector(n, 2);
  double h = 0.1;
  std::size_t bytes = 0;

  double primal() const {
    Vector x = start;
    for (Index t = 0; t < steps; ++t)
      x = x.array() - h * (ad::Elementary<ad::Function::tanh>::value(x.array()) + theta.array() * x.array());
    return 0.5 * x.squaredNorm();
  }
  Matrix stored_x{n, steps + 1}, stored_y{n, steps};  // what the hand-written adjoint stores

  Matrix hand() {
    Matrix& x = stored_x;
    Matrix& y = stored_y;
    x.col(0) = start;
    for (Index t = 0; t < steps; ++t) {
      y.col(t) = ad::Elementary<ad::Function::tanh>::value(x.col(t).array());
      x.col(t + 1) = x.col(t).array() - h * (y.col(t).array() + theta.array() * x.col(t).array());
    }
    Vector x_bar = x.col(steps);
    Vector theta_bar = Vector::Zero(n);
    for (Index t = steps; t-- > 0;) {
      theta_bar.array() -= h * x_bar.array() * x.col(t).array();
      x_bar.array() *= 1 - h * (1 - y.col(t).array().square() + theta.array());
    }
    return theta_bar;
  }
  Matrix ours() {
    Tape tape;
    tape.refer_to(*this);
    const VarVector taped = tape.input(theta);
    VarVector x{start};
    for (Index t = 0; t < steps; ++t) x = x - h * (tanh(x) + cwise_product(taped, x));
    bytes = tape.statistics().bytes();
    return tape.sweep(Var(0.5 * squared_norm(x))).adjoint(taped);
  }
};

struct Tiny {
  Index steps = 100'000;
  Matrix hessian = (Matrix(2, 2) << 1.0, 0.3, 0.3, 0.5).finished();
  Vector theta = (Vector(2) << 0.4, -0.3).finished();
  double h = 0.1;
  std::size_t bytes = 0;

  double primal() const {
    Vector x = Vector::Zero(2), g(2);
    for (Index t = 0; t < steps; ++t) {
      g.noalias() = hessian * x;
      x -= h * (g + theta);
    }
    return 0.5 * x.squaredNorm();
  }
  Matrix stored_x{2, steps + 1};

  Matrix hand() {
    Matrix& x = stored_x;
    x.col(0).setZero();
    Vector g(2);
    for (Index t = 0; t < steps; ++t) {
      g.noalias() = hessian * x.col(t);
      x.col(t + 1) = x.col(t) - h * (g + theta);
    }
    Vector x_bar = x.col(steps);
    Vector theta_bar = Vector::Zero(2);
    for (Index t = steps; t-- > 0;) {
      theta_bar -= h * x_bar;
      g.noalias() = hessian * x_bar;
      x_bar -= h * g;
    }
    return theta_bar;
  }
  Matrix ours() {
    Tape tape;
    tape.refer_to(*this);
    const VarVector taped = tape.input(theta);
    VarVector x{Vector(Vector::Zero(2))};
    for (Index t = 0; t < steps; ++t) x = x - h * (hessian * x + taped);
    bytes = tape.statistics().bytes();
    return tape.sweep(Var(0.5 * squared_norm(x))).adjoint(taped);
  }
};

template <class D>
Workload workload(std::string name, std::string what) {
  const auto d = std::make_shared<D>();
  Workload w{std::move(name),           std::move(what),           [d] { return d->primal(); },
             [d] { return d->hand(); }, [d] { return d->ours(); }, d->steps};
  w.tape_bytes = [d] { return d->bytes; };
  return w;
}

}  // namespace

std::vector<Workload> elementwise_workloads() {
  return {workload<Elementwise>("W6", "x - h(tanh x + theta x), n = 10000, 100 steps"),
          workload<Tiny>("W7", "n = 2 quadratic, 100000 steps of 2 nodes")};
}

}  // namespace unroll::bench
