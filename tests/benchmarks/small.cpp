#include <fmt/format.h>

#include <memory>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// Where the price of a step is the library's and not that of arithmetic: few variables; and where it is that
/// of memory: many parameters. All by `vjp`, through a problem made of f or written by hand.
namespace unroll::bench {

namespace {

struct QuadraticObjective {
  Matrix hessian;
  template <class V>
  auto operator()(const V& x, const V& t) const {
    return 0.5 * dot(x, V(hessian * x)) + dot(t, x);
  }
};
class ByHand final : public Problem {
 public:
  explicit ByHand(Matrix h) : hessian_(std::move(h)) {}
  Index dimension() const override { return hessian_.rows(); }
  Index parameters() const override { return hessian_.rows(); }
  double value(const Vector& x, const Vector& t) const override {
    return 0.5 * x.dot(hessian_ * x) + t.dot(x);
  }
  Vector gradient(const Vector& x, const Vector& t) const override {
    Vector g = t;
    g.noalias() += hessian_ * x;
    return g;
  }
  SecondOrder second_order(const Vector&, const Vector&, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    SecondOrder s{theta_dot, x_dot};
    if (x_dot.cols() == 1)
      s.dx.col(0).noalias() += hessian_ * x_dot.col(0);
    else
      s.dx.noalias() += hessian_ * x_dot;
    return s;
  }

 private:
  Matrix hessian_;
};

/// f = ½ xᵀHx + θᵀx, gradient descent from 0.
struct Quadratic {
  Index n, steps;
  Matrix hessian = [this] {
    const Matrix a = normal_matrix(2 * n, n, 1);
    return Matrix(a.transpose() * a / static_cast<double>(2 * n));
  }();
  Vector theta = normal_vector(n, 2), w = normal_vector(n, 3);
  double h = 1 / hessian.norm();
  Matrix stored_x{n, steps + 1};
  std::size_t bytes = 0;

  TemplateProblem<QuadraticObjective> made = make_problem(QuadraticObjective{hessian}, n, n);
  ByHand written{hessian};

  double primal() const {
    Vector x = Vector::Zero(n), g(n);
    for (Index t = 0; t < steps; ++t) {
      g.noalias() = hessian * x;
      x -= h * (g + theta);
    }
    return w.dot(x);
  }
  Matrix hand() {
    Matrix& x = stored_x;
    x.col(0).setZero();
    Vector g(n);
    for (Index t = 0; t < steps; ++t) {
      g.noalias() = hessian * x.col(t);
      x.col(t + 1) = x.col(t) - h * (g + theta);
    }
    Vector x_bar = w;
    Vector theta_bar = Vector::Zero(n);
    for (Index t = steps; t-- > 0;) {
      theta_bar -= h * x_bar;
      g.noalias() = hessian * x_bar;
      x_bar -= h * g;
    }
    return theta_bar;
  }
  Matrix by_vjp(const Problem& problem) {
    const Vjp v = vjp(problem, GradientDescent{h}, Vector(Vector::Zero(n)), theta, w, {.steps = steps});
    bytes = v.cost.tape_bytes;
    return v.dtheta;
  }
};

struct RidgeObjective {
  Matrix a;
  Vector b;
  template <class V>
  auto operator()(const V& x, const V& t) const {
    const V r = a * x - b;
    return 0.5 / static_cast<double>(b.size()) * squared_norm(r) + 0.5 * t[0] * squared_norm(x);
  }
};

/// f = ‖Ax − b‖²/(2m) + θ‖x‖²/2, heavy ball.
struct SmallRidge {
  Index n, steps;
  Matrix a = normal_matrix(2 * n, n, 1);
  Vector b = normal_vector(2 * n, 2), w = normal_vector(n, 3);
  Vector theta = Vector::Constant(1, 0.05);
  HeavyBall solver{.step_size = 0.5 / (a.transpose() * a / static_cast<double>(2 * n)).norm(),
                   .momentum = 0.5};
  Matrix points{n, steps};
  std::size_t bytes = 0;

  TemplateProblem<RidgeObjective> made = make_problem(RidgeObjective{a, b}, n, 1);

  double scale() const { return 1 / static_cast<double>(b.size()); }
  double primal() const {
    Vector x = Vector::Zero(n), previous = x, r(b.size()), g(n);
    for (Index t = 0; t < steps; ++t) {
      r.noalias() = a * x;
      r -= b;
      g.noalias() = a.transpose() * r;
      Vector next = x + solver.momentum * (x - previous) - solver.step_size * (scale() * g + theta[0] * x);
      previous = std::exchange(x, std::move(next));
    }
    return w.dot(x);
  }
  Matrix hand() {
    Vector x = Vector::Zero(n), previous = x, r(b.size()), g(n);
    for (Index t = 0; t < steps; ++t) {
      points.col(t) = x;
      r.noalias() = a * x;
      r -= b;
      g.noalias() = a.transpose() * r;
      Vector next = x + solver.momentum * (x - previous) - solver.step_size * (scale() * g + theta[0] * x);
      previous = std::exchange(x, std::move(next));
    }
    Vector x_bar = w, previous_bar = Vector::Zero(n);
    double theta_bar = 0;
    for (Index t = steps; t-- > 0;) {
      theta_bar -= solver.step_size * x_bar.dot(points.col(t));
      r.noalias() = a * x_bar;
      g.noalias() = a.transpose() * r;
      Vector earlier =
          previous_bar + (1 + solver.momentum) * x_bar - solver.step_size * (scale() * g + theta[0] * x_bar);
      previous_bar = -solver.momentum * x_bar;
      x_bar = std::move(earlier);
    }
    return Matrix::Constant(1, 1, theta_bar);
  }
  Matrix by_vjp(const Problem& problem) {
    const Vjp v = vjp(problem, solver, Vector(Vector::Zero(n)), theta, w, {.steps = steps});
    bytes = v.cost.tape_bytes;
    return v.dtheta;
  }
};

struct DiagonalObjective {
  Vector b;
  template <class V>
  auto operator()(const V& x, const V& t) const {
    return 0.5 * dot(t, square(x)) - dot(b, x);
  }
};

/// f = ½ Σ θ_i x_i² − bᵀx, n = p.
struct Diagonal {
  Index n, steps;
  Vector b = normal_vector(n, 1), w = normal_vector(n, 2);
  Vector theta = normal_vector(n, 3).array().abs() + 0.5;
  double h = 0.2;
  Matrix stored_x{n, steps + 1};
  std::size_t bytes = 0;

  TemplateProblem<DiagonalObjective> made = make_problem(DiagonalObjective{b}, n, n);

  double primal() const {
    Vector x = Vector::Zero(n);
    for (Index t = 0; t < steps; ++t) x -= h * (theta.cwiseProduct(x) - b);
    return w.dot(x);
  }
  Matrix hand() {
    Matrix& x = stored_x;
    x.col(0).setZero();
    for (Index t = 0; t < steps; ++t) x.col(t + 1) = x.col(t) - h * (theta.cwiseProduct(x.col(t)) - b);
    Vector x_bar = w, theta_bar = Vector::Zero(n);
    for (Index t = steps; t-- > 0;) {
      theta_bar -= h * x_bar.cwiseProduct(x.col(t));
      x_bar -= h * theta.cwiseProduct(x_bar);
    }
    return theta_bar;
  }
  Matrix by_vjp(const Problem& problem) {
    const Vjp v = vjp(problem, GradientDescent{h}, Vector(Vector::Zero(n)), theta, w, {.steps = steps});
    bytes = v.cost.tape_bytes;
    return v.dtheta;
  }
};

template <class D>
Workload row(std::string name, std::string what, const std::shared_ptr<D>& d, const Problem& problem) {
  Workload w{std::move(name),
             std::move(what),
             [d] { return d->primal(); },
             [d] { return d->hand(); },
             [d, &problem] { return d->by_vjp(problem); },
             d->steps};
  w.tape_bytes = [d] { return d->bytes; };
  return w;
}

}  // namespace

std::vector<Workload> small_workloads() {
  std::vector<Workload> all;
  for (const Index n : {2, 10, 20}) {
    const auto d = std::make_shared<Quadratic>(Quadratic{n, 20'000});
    all.push_back(
        row(fmt::format("N{}", n), fmt::format("quadratic n = {}, gd, make_problem, vjp", n), d, d->made));
    all.push_back(row(fmt::format("N{}q", n), "the same, a Problem by hand", d, d->written));
  }
  for (const Index n : {2, 20}) {
    const auto d = std::make_shared<SmallRidge>(SmallRidge{n, 20'000});
    all.push_back(row(fmt::format("N{}m", n), fmt::format("ridge n = {}, heavy ball, make_problem, vjp", n),
                      d, d->made));
  }
  for (const Index n : {20'000, 100'000}) {
    const auto d = std::make_shared<Diagonal>(Diagonal{n, 2'000'000 / n});
    all.push_back(row(n == 20'000 ? "P20" : "P100",
                      fmt::format("diagonal n = p = {}, gd, make_problem, vjp", n), d, d->made));
    all.back().by_default = n == 20'000;
  }
  return all;
}

}  // namespace unroll::bench
