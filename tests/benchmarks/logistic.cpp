#include <memory>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// Logistic gradient descent on 569×30, 1000 steps, θ = log λ.
namespace unroll::bench {

namespace {

struct Logit {
  Index m = 569, n = 30, steps = 1000;
  Matrix z = normal_matrix(m, n, 1);  // −y_i a_i
  double log_lambda = std::log(0.01);
  double h = 1.0 / ((z.transpose() * z).norm() / (4 * static_cast<double>(m)) + 0.01);
  std::size_t bytes = 0;

  double primal() const {
    const double lambda = std::exp(log_lambda);
    Vector x = Vector::Zero(n), u(m), g(n);
    for (Index t = 0; t < steps; ++t) {
      u.noalias() = z * x;
      u = ad::Elementary<ad::Function::sigmoid>::value(u.array());
      g.noalias() = z.transpose() * u;
      x -= h * (g / static_cast<double>(m) + lambda * x);
    }
    return 0.5 * x.squaredNorm();
  }
  Matrix stored_x{n, steps + 1},
      stored_p{m, steps};  // what the hand-written adjoint stores: iterates, probabilities

  Matrix hand() {
    Matrix& x = stored_x;
    Matrix& p = stored_p;
    const double lambda = std::exp(log_lambda);
    const double scale = 1.0 / static_cast<double>(m);
    x.col(0).setZero();
    Vector u(m), g(n);
    for (Index t = 0; t < steps; ++t) {
      u.noalias() = z * x.col(t);
      p.col(t) = ad::Elementary<ad::Function::sigmoid>::value(u.array());
      g.noalias() = z.transpose() * p.col(t);
      x.col(t + 1) = x.col(t) - h * (scale * g + lambda * x.col(t));
    }
    Vector x_bar = x.col(steps);
    double lambda_bar = 0;
    for (Index t = steps; t-- > 0;) {
      lambda_bar -= h * x_bar.dot(x.col(t));
      u.noalias() = z * x_bar;
      u.array() *= p.col(t).array() * (1 - p.col(t).array());
      g.noalias() = z.transpose() * u;
      x_bar -= h * (scale * g + lambda * x_bar);
    }
    return Matrix::Constant(1, 1, lambda * lambda_bar);
  }
  Matrix ours() {
    Tape tape;
    tape.refer_to(*this);
    const VarVector theta = tape.input(Vector(Vector::Constant(1, log_lambda)));
    const Var lambda = exp(theta[0]);
    VarVector x{Vector(Vector::Zero(n))};
    for (Index t = 0; t < steps; ++t) {
      const VarVector p = sigmoid(z * x);
      x = x - h * ((z.transpose() * p) / m + lambda * x);
    }
    bytes = tape.statistics().bytes();
    return tape.sweep(Var(0.5 * squared_norm(x))).adjoint(theta);
  }
};

}  // namespace

std::vector<Workload> logistic_workloads() {
  const auto d = std::make_shared<Logit>();
  Workload w{"W3",
             "logistic 569x30, 1000 steps, theta = log lambda",
             [d] { return d->primal(); },
             [d] { return d->hand(); },
             [d] { return d->ours(); },
             d->steps};
  w.tape_bytes = [d] { return d->bytes; };
  return {w};
}

}  // namespace unroll::bench
