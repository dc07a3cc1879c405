#include <fmt/format.h>

#include <memory>

#include "unroll/derivative/reverse.hpp"
#include "unroll/unroll.hpp"
#include "workload.hpp"

/// f = ½xᵀ(H_0 + diag θ)x + bᵀx by gradient descent: the whole n×n Jacobian of x_T in θ, n cotangents at
/// once.
namespace unroll::bench {

namespace {

struct Diagonal {
  Index n, steps, threads;
  Matrix h0 = [this] {
    const Matrix g = normal_matrix(n, n, 1);
    return Matrix(g * g.transpose() / static_cast<double>(n));
  }();
  Vector b = normal_vector(n, 2);
  Vector theta = Vector::Constant(n, 0.5);
  double h = 0.2;
  std::size_t bytes = 0;

  Vector forward(Matrix* iterates) const {
    Vector x = Vector::Zero(n), g(n);
    if (iterates != nullptr) iterates->resize(n, steps);
    for (Index t = 0; t < steps; ++t) {
      if (iterates != nullptr) iterates->col(t) = x;
      g.noalias() = h0 * x;
      x -= h * (g + theta.cwiseProduct(x) + b);
    }
    return x;
  }
  double primal() const { return forward(nullptr).sum(); }
  Matrix hand() const {
    Matrix x;
    forward(&x);
    Matrix x_bar = Matrix::Identity(n, n);
    Matrix theta_bar = Matrix::Zero(n, n);
    Matrix w(n, n);
    for (Index t = steps; t-- > 0;) {
      w = -h * x_bar;
      x_bar.noalias() += h0 * w;
      x_bar += theta.asDiagonal() * w;
      theta_bar += x.col(t).asDiagonal() * w;
    }
    return theta_bar;
  }
  Matrix ours() {
    Tape tape;
    tape.refer_to(*this);
    const VarVector taped = tape.input(theta);
    VarVector x{Vector(Vector::Zero(n))};
    for (Index t = 0; t < steps; ++t) x = x - h * (h0 * x + cwise_product(taped, x) + b);
    bytes = tape.statistics().bytes();
    return tape.sweep(x, Matrix::Identity(n, n)).adjoint(taped);
  }

  struct Step {  // a user's solver without an objective's gradient: the step is all there is
    const Diagonal* d;
    template <class V>
    State<V> step(const Oracle<V>&, const State<V>& s, const V& t, Index) const {
      return {s.x - d->h * (std::cref(d->h0) * s.x + cwise_product(t, s.x) + d->b)};
    }
  };
  struct Objective {
    const Diagonal* d;
    template <class V>
    auto operator()(const V& x, const V& t) const {
      return 0.5 * dot(x, std::cref(d->h0) * x) + 0.5 * dot(t, square(x)) + dot(x, d->b);
    }
  };
  Matrix threaded(Index count) {
    const auto problem = make_problem(Objective{this}, n, n);
    const History history = jacobian_history(problem, Step{this}, Vector(Vector::Zero(n)), theta,
                                             {.steps = steps}, Reverse{.threads = count}, {steps});
    bytes = history.cost.tape_bytes;
    return history.dx.front().transpose();
  }
};

}  // namespace

std::vector<Workload> jacobian_workloads() {
  const auto d = std::make_shared<Diagonal>(Diagonal{100, 100, 1});
  const auto big = std::make_shared<Diagonal>(Diagonal{400, 100, 1});
  Workload w4{"W4",
              "n = p = 100, 100 steps, 100x100 Jacobian",
              [d] { return d->primal(); },
              [d] { return d->hand(); },
              [d] { return d->ours(); },
              d->steps};
  w4.tape_bytes = [d] { return d->bytes; };
  const auto with_threads = [&](Index threads) {
    Workload w{"W4t",
               fmt::format("n = p = 400, 100 steps, {} thread{}", threads, threads > 1 ? "s" : ""),
               [big] { return big->primal(); },
               [big] { return big->hand(); },
               [big, threads] { return big->threaded(threads); },
               big->steps};
    w.tape_bytes = [big] { return big->bytes; };
    return w;
  };
  return {w4, with_threads(1), with_threads(2)};
}

}  // namespace unroll::bench
