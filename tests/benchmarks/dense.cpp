#include <fmt/format.h>

#include <memory>
#include <utility>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// x_{t+1} = x_t − h(Aᵀ(A x_t − b)/m + θ∘x_t) from 0, loss ‖A_v x_T − b_v‖²/(2·100): gradient in θ, one
/// number or one an entry.
namespace unroll::bench {

namespace {

struct Descent {
  Index m, n, steps;
  bool one_theta;
  Matrix a = normal_matrix(m, n, 1);
  Vector b = normal_vector(m, 2);
  Matrix a_v = normal_matrix(100, n, 3);
  Vector b_v = normal_vector(100, 4);
  Vector theta = Vector::Constant(one_theta ? 1 : n, 0.05);
  double h = 1.0 / ((a.transpose() * a).norm() / static_cast<double>(m) + 0.05);
  std::size_t bytes = 0;

  double scale() const { return 1.0 / static_cast<double>(m); }

  // x_T.
  Vector run() const {
    Vector x = Vector::Zero(n);
    Vector r(m), g(n);
    for (Index t = 0; t < steps; ++t) {
      r.noalias() = a * x;
      r -= b;
      g.noalias() = a.transpose() * r;
      if (one_theta)
        x -= h * (scale() * g + theta[0] * x);
      else
        x -= h * (scale() * g + theta.cwiseProduct(x));
    }
    return x;
  }
  double primal() const { return 0.005 * (a_v * run() - b_v).squaredNorm(); }

  Matrix stored_x{n, steps + 1};  // what the hand-written adjoint stores

  Matrix hand() {
    Matrix& x = stored_x;
    x.col(0).setZero();
    Vector r(m), g(n);
    for (Index t = 0; t < steps; ++t) {
      r.noalias() = a * x.col(t);
      r -= b;
      g.noalias() = a.transpose() * r;
      if (one_theta)
        x.col(t + 1) = x.col(t) - h * (scale() * g + theta[0] * x.col(t));
      else
        x.col(t + 1) = x.col(t) - h * (scale() * g + theta.cwiseProduct(x.col(t)));
    }
    Vector x_bar = 0.01 * (a_v.transpose() * (a_v * x.col(steps) - b_v));
    Vector theta_bar = Vector::Zero(theta.size());
    for (Index t = steps; t-- > 0;) {
      r.noalias() = a * x_bar;
      g.noalias() = a.transpose() * r;
      if (one_theta) {
        theta_bar[0] -= h * x_bar.dot(x.col(t));
        x_bar -= h * (scale() * g + theta[0] * x_bar);
      } else {
        theta_bar -= h * x_bar.cwiseProduct(x.col(t));
        x_bar -= h * (scale() * g + theta.cwiseProduct(x_bar));
      }
    }
    return theta_bar;
  }

  // The step written out on taped vectors.
  Matrix ours() {
    Tape tape;
    tape.refer_to(*this);
    const VarVector taped = tape.input(theta);
    VarVector x{Vector(Vector::Zero(n))};
    for (Index t = 0; t < steps; ++t) {
      const VarVector r = a * x - b;
      if (one_theta)
        x = x - h * (scale() * (a.transpose() * r) + taped[0] * x);
      else
        x = x - h * (scale() * (a.transpose() * r) + cwise_product(taped, x));
    }
    bytes = tape.statistics().bytes();
    return tape.sweep(Var(0.005 * squared_norm(a_v * x - b_v))).adjoint(taped);
  }

  struct Objective {
    const Descent* data;
    template <class V>
    auto operator()(const V& x, const V& t) const {
      const V r = std::cref(data->a) * x - data->b;
      return 0.5 * data->scale() * squared_norm(r) + 0.5 * t[0] * squared_norm(x);
    }
  };
  // The same through a problem made of f, its gradient a primitive.
  Matrix through_problem() {
    const auto problem = make_problem(Objective{this}, n, 1);
    Tape tape;
    tape.refer_to(*this);
    const VarVector taped = tape.input(theta);
    const Oracle<VarVector> f(problem);
    const GradientDescent solver{h};
    State<VarVector> state{VarVector(Vector(Vector::Zero(n)))};
    for (Index t = 0; t < steps; ++t) state = solver.step(f, state, taped, t);
    bytes = tape.statistics().bytes();
    return tape.sweep(Var(0.005 * squared_norm(a_v * state.x - b_v))).adjoint(taped);
  }

  // Corrected, by hand: the adjoints of the same sweep, summed, and ∂θ∇f = x_T at the end.
  Matrix corrected_by_hand() const {
    const Vector x = run();
    Vector r(m), g(n);
    Vector x_bar = 0.01 * (a_v.transpose() * (a_v * x - b_v)), lambda = Vector::Zero(n);
    for (Index t = steps; t-- > 0;) {
      lambda += h * x_bar;
      r.noalias() = a * x_bar;
      g.noalias() = a.transpose() * r;
      x_bar -= h * (scale() * g + theta[0] * x_bar);
    }
    return Vector::Constant(1, -lambda.dot(x));
  }
  Matrix corrected() {
    const auto problem = make_problem(Objective{this}, n, 1);
    const auto loss = [this](const auto& x, const auto&) {
      return 0.005 * squared_norm(std::cref(a_v) * x - b_v);
    };
    const Hypergradient d =
        hypergradient(loss, problem, GradientDescent{h}, Vector(Vector::Zero(n)), theta, {.steps = steps},
                      Reverse{.corrected = true, .certify = Certify::never});
    bytes = d.cost.tape_bytes;
    return d.dtheta;
  }
};

Workload workload(const std::shared_ptr<Descent>& d, std::string name, std::string what,
                  bool problem = false) {
  Workload w{std::move(name),
             std::move(what),
             [d] { return d->primal(); },
             [d] { return d->hand(); },
             [d, problem] { return problem ? d->through_problem() : d->ours(); },
             d->steps};
  w.tape_bytes = [d] { return d->bytes; };
  return w;
}

std::shared_ptr<Descent> descent(Index n, Index steps, bool one_theta = true) {
  return std::make_shared<Descent>(Descent{400, n, steps, one_theta});
}

}  // namespace

std::vector<Workload> dense_workloads() {
  const auto d = descent(200, 200);
  Workload corrected = workload(d, "W1c", "the same by hypergradient, corrected", true);
  corrected.hand = [d] { return d->corrected_by_hand(); };
  corrected.ours = [d] { return d->corrected(); };
  return {workload(d, "W1", "400x200, 200 steps, one theta"),
          workload(d, "W1p", "the same through make_problem(f)", true), std::move(corrected),
          workload(descent(200, 200, false), "W2", "the same, 200 thetas")};
}

std::vector<Growth> growth_workloads() {
  Growth steps{"T", {}, {}}, size{"n·m", {}, {}};
  for (const Index t : {100, 1000, 10000}) {
    steps.sizes.push_back(static_cast<double>(t));
    steps.workloads.push_back(workload(descent(200, t), "W8", fmt::format("W1, T = {}", t)));
  }
  for (const Index n : {25, 50, 100, 200, 400, 800}) {
    size.sizes.push_back(static_cast<double>(400 * n));
    size.workloads.push_back(workload(descent(n, 200), "W8", fmt::format("W1, n = {}", n)));
  }
  return {steps, size};
}

}  // namespace unroll::bench
