#pragma once

#include <memory>
#include <string>
#include <vector>

#include "solver/random_quadratic.hpp"
#include "unroll/problem/logistic.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/ridge.hpp"

/// One problem of every kind, each at a point. The ready-made ones come with the same f as a template.
namespace unroll::test {

struct RidgeFunction {
  Matrix A;
  Vector y;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V r = A * x - y;
    return squared_norm(r) * (0.5 / static_cast<double>(A.rows())) + 0.5 * theta[0] * squared_norm(x);
  }
};

struct LogisticFunction {
  Matrix A;
  Vector y;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V margins = A * x;
    const V z = cwise_product(Vector(-y), margins);
    return mean(softplus(z)) + 0.5 * theta[0] * squared_norm(x);
  }
};

struct AffineFunction {
  Matrix H0;
  std::vector<Matrix> E;
  Vector b0;
  Matrix db;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const V Hx = H0 * x, b = db * theta;
    scalar_t<V> f = 0.5 * dot(x, Hx) + dot(b0, x) + dot(b, x);
    for (std::size_t i = 0; i < E.size(); ++i) {
      const V Ex = E[i] * x;
      f += 0.5 * theta[static_cast<Index>(i)] * dot(x, Ex);
    }
    return f;
  }
};

/// Not a quadratic, p > n possible, and with a θθ block: f = ‖x‖²/2 + mean(softplus(Cx + θ)) + cos(θ_0) x_0.
struct CurvedFunction {
  Matrix C;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    using std::cos;
    const V z = C * x + theta;
    return 0.5 * squared_norm(x) + mean(softplus(z)) + cos(theta[0]) * x[0];
  }
};

/// By hand: f = Σ cosh(x_i − θ_0), n = 3, p = 1.
class Coshes final : public Problem {
 public:
  Index dimension() const override { return 3; }
  Index parameters() const override { return 1; }
  double value(const Vector& x, const Vector& theta) const override { return shifted(x, theta).cosh().sum(); }
  Vector gradient(const Vector& x, const Vector& theta) const override { return shifted(x, theta).sinh(); }
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    const Vector c = shifted(x, theta).cosh();
    return {c.asDiagonal() * (x_dot - Vector::Ones(3) * theta_dot),
            -c.transpose() * x_dot + c.sum() * theta_dot};
  }

 private:
  static Eigen::ArrayXd shifted(const Vector& x, const Vector& theta) { return x.array() - theta[0]; }
};

struct ProblemCase {
  std::string name;
  std::shared_ptr<const Problem> problem;
  std::shared_ptr<const Problem> twin;  // the same f, differently, or none
  Vector x, theta;
};

template <class F>
std::shared_ptr<const Problem> shared_problem(F f, Index n, Index p) {
  return std::make_shared<const TemplateProblem<F>>(std::move(f), n, p);
}

inline std::vector<ProblemCase> problem_cases() {
  Random random(5);
  const Matrix A = random.matrix(11, 4);
  const Vector y = random.vector(11);
  const Vector labels = y.unaryExpr([](double v) { return v > 0 ? 1.0 : -1.0; });
  const Vector x = random.vector(4);
  const Vector theta = Vector::Constant(1, 0.3);
  Matrix H0 = random.matrix(4, 4), E0 = random.matrix(4, 4), E1 = random.matrix(4, 4);
  for (Matrix* M : {&H0, &E0, &E1}) *M = (*M + M->transpose()).eval();
  const Vector b0 = random.vector(4);
  const Matrix db = random.matrix(4, 2);
  return {
      {"ridge", std::make_shared<const RidgeProblem>(A, y), shared_problem(RidgeFunction{A, y}, 4, 1), x,
       theta},
      {"logistic", std::make_shared<const LogisticProblem>(A, labels),
       shared_problem(LogisticFunction{A, labels}, 4, 1), x, theta},
      {"affine quadratic", std::make_shared<const AffineQuadratic>(H0, std::vector<Matrix>{E0, E1}, b0, db),
       shared_problem(AffineFunction{H0, {E0, E1}, b0, db}, 4, 2), x, random.vector(2)},
      {"template, p > n", shared_problem(CurvedFunction{random.matrix(9, 4)}, 4, 9), nullptr, x,
       random.vector(9)},
      {"by hand", std::make_shared<const Coshes>(), nullptr, random.vector(3), theta},
  };
}

}  // namespace unroll::test
