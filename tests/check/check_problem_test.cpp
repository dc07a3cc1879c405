#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <thread>

#include "problem/problem_cases.hpp"
#include "support/numbers.hpp"
#include "support/texts.hpp"
#include "unroll/check/problem.hpp"
#include "unroll/problem/finite_sum.hpp"
#include "unroll/problem/root.hpp"

namespace unroll {
namespace {

using test::contains;

/// f = ½ xᵀHx − θᵀx + ½‖θ‖², n = p = 2, of which one function may be replaced by another.
class Pieces : public Problem {
 public:
  Matrix H{{2, 1}, {1, 3}};
  std::function<Vector(const Vector&, const Vector&)> gradient_ =
      [this](const Vector& x, const Vector& theta) { return Vector(H * x - theta); };
  std::function<SecondOrder(const Matrix&, const Matrix&)> second_ = [this](const Matrix& dx,
                                                                            const Matrix& dt) {
    return SecondOrder{H * dx - dt, dt - dx};
  };
  std::function<void(const Vector&)> domain_ = [this](const Vector& theta) { Problem::check_domain(theta); };
  std::optional<Curvature> curvature_ = {};

  Index dimension() const override { return 2; }
  Index parameters() const override { return 2; }
  double value(const Vector& x, const Vector& theta) const override {
    return 0.5 * x.dot(H * x) - theta.dot(x) + 0.5 * theta.squaredNorm();
  }
  Vector gradient(const Vector& x, const Vector& theta) const override { return gradient_(x, theta); }
  Vector parameter_gradient(const Vector& x, const Vector& theta) const override { return theta - x; }
  SecondOrder second_order(const Vector&, const Vector&, const Matrix& dx, const Matrix& dt) const override {
    return second_(dx, dt);
  }
  void check_domain(const Vector& theta) const override { domain_(theta); }
  std::optional<Curvature> curvature(const Vector&) const override { return curvature_; }
};

Findings check(const Problem& f) { return check_problem(f, Vector{{0.3, -0.8}}, Vector{{1.5, 0.7}}); }

TEST_CASE("nothing is wrong with the library's problems, those of templates included") {
  for (const auto& c : test::problem_cases()) {
    CAPTURE(c.name);
    CHECK(check_problem(*c.problem, c.x, c.theta));
    if (c.twin) CHECK(check_problem(*c.twin, c.x, c.theta));
  }
  CHECK(check(Pieces()));
}

/// Both gradient and products are right alone, but not where they are asked for together, or in part.
struct WrongTogether : Pieces {
  Matrix gradient_and_push(const Vector& x, const Vector& theta, const Matrix& dx,
                           const Matrix& dt) const override {
    return 2 * Pieces::gradient_and_push(x, theta, dx, dt);
  }
};
struct WrongInPart : Pieces {
  Matrix pull_to_parameters(const Vector& x, const Vector& theta, const Matrix& w) const override {
    return -Pieces::pull_to_parameters(x, theta, w);
  }
};

TEST_CASE("what is given together, or in part, is compared with the whole") {
  CHECK(check(WrongTogether{}).first_failure() == "gradient_and_push and its parts");
  CHECK(check(WrongInPart{}).first_failure() == "pull_to_parameters and pull_gradient");
}

TEST_CASE("nor is it in other units: f, x and theta times a thousand million, or over it") {
  const auto f = [](double unit) {
    return make_problem(
        [unit](const auto& x, const auto& theta) {
          return unit * squared_norm(x) * squared_norm(theta) + unit * unit * dot(x, theta);
        },
        2, 2);
  };
  for (const double unit : {1e-9, 1.0, 1e9})
    CHECK(check_problem(f(unit), unit * Vector{{1, -2}}, unit * Vector{{3, 0.5}}));
}

TEST_CASE("a wrong gradient is found, with its entry and both numbers") {
  Pieces f;
  f.gradient_ = [&](const Vector& x, const Vector& theta) {
    return Vector(f.H * x - theta + Vector{{0, 0.1}});
  };
  const Findings found = check(f);
  CHECK_FALSE(found);
  CHECK(found.first_failure() == "gradient and value");
  CHECK(contains(found.str(), "WRONG   gradient and value"));
  CHECK(contains(found.str(), "[1] -2.7"));
}

TEST_CASE("a gradient that is none is found, by the Hessian that is not symmetric") {
  Pieces f;
  const Matrix B{{2, 1}, {-1, 2}};
  f.gradient_ = [&](const Vector& x, const Vector& theta) { return Vector(B * x - theta); };
  f.second_ = [&](const Matrix& dx, const Matrix& dt) { return SecondOrder{B * dx - dt, dt - dx}; };
  CHECK(contains(check(f).str(), "WRONG   second_order: H is symmetric"));
}

TEST_CASE("every wrong part of second_order is found by its name") {
  const auto found = [](const std::function<SecondOrder(const Matrix&, const Matrix&)>& second) {
    Pieces f;
    f.second_ = second;
    return check(f).first_failure();
  };
  const Matrix H = Pieces().H;
  CHECK(found([&](const Matrix& dx, const Matrix& dt) {
          return SecondOrder{1.001 * H * dx - dt, dt - dx};
        }) == "second_order: H x_dot and gradient");
  CHECK(found([&](const Matrix& dx, const Matrix& dt) {
          return SecondOrder{H * dx + dt, dt - dx};
        }) == "second_order: M theta_dot and gradient");
  CHECK(found([&](const Matrix& dx, const Matrix& dt) {
          return SecondOrder{H * dx - dt, dt + dx};
        }) == "second_order: M^T x_dot and M");
  CHECK(found([&](const Matrix& dx, const Matrix& dt) {
          return SecondOrder{H * dx - dt, 2 * dt - dx};
        }) == "second_order: f_theta_theta theta_dot and parameter_gradient");
  CHECK(found([&](const Matrix& dx, const Matrix& dt) {
          Matrix first = Matrix::Zero(2, dx.cols());  // the first direction alone, where there are three
          first.col(0) = H * dx.col(0) - dt.col(0);
          return SecondOrder{dx.cols() == 3 ? first : Matrix(H * dx - dt), dt - dx};
        }) == "second_order of many directions: dx");
  CHECK(found([&](const Matrix& dx, const Matrix&) {
          return SecondOrder{H * dx, Matrix()};
        }) == "second_order");
}

/// f + x_0³, with third derivatives that are `factor` times what they should be.
struct Cubic : Pieces {
  double factor = 1;
  double value(const Vector& x, const Vector& theta) const override {
    return Pieces::value(x, theta) + std::pow(x[0], 3);
  }
  Vector gradient(const Vector& x, const Vector& theta) const override {
    return Pieces::gradient(x, theta) + Vector{{3 * x[0] * x[0], 0}};
  }
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& dx,
                           const Matrix& dt) const override {
    SecondOrder s = Pieces::second_order(x, theta, dx, dt);
    s.dx.row(0) += 6 * x[0] * dx.row(0);
    return s;
  }
  SecondOrder third_order(const Vector&, const Vector&, const Vector& w, const Matrix& dx,
                          const Matrix& dt) const override {
    SecondOrder t{Matrix::Zero(2, dx.cols()), Matrix::Zero(2, dt.cols())};
    t.dx.row(0) = factor * 6 * w[0] * dx.row(0);
    return t;
  }
};

TEST_CASE("third derivatives that are wrong by a thousandth are found") {
  Cubic f;
  CHECK(check(f));
  f.factor = 1.001;
  CHECK(check(f).first_failure() == "third_order: x_dot and pull_gradient");
}

TEST_CASE("a block in theta that is not symmetric is found where differences do not see it") {
  Pieces f;
  const Matrix skew{{0, 1e-8}, {0, 0}};
  f.second_ = [&](const Matrix& dx, const Matrix& dt) {
    return SecondOrder{f.H * dx - dt, Matrix(dt - dx + skew * dt)};
  };
  CHECK(check(f).first_failure() == "second_order: f_theta_theta is symmetric");
}

/// F = (x_0 − θ_0, x_0 x_1 − θ_1), of which one transpose has `sign`.
struct Product : Root {
  double sign_of_x = 1, sign_of_theta = 1;
  Index dimension() const override { return 2; }
  Index parameters() const override { return 2; }
  Vector residual(const Vector& x, const Vector& theta) const override {
    return Vector{{x[0], x[0] * x[1]}} - theta;
  }
  Matrix push_gradient(const Vector& x, const Vector&, const Matrix& dx, const Matrix& dt) const override {
    return Matrix{{1, 0}, {x[1], x[0]}} * dx - dt;
  }
  SecondOrder pull_gradient(const Vector& x, const Vector&, const Matrix& w) const override {
    return {sign_of_x * Matrix{{1, x[1]}, {0, x[0]}} * w, -sign_of_theta * w};
  }
};

TEST_CASE("a root whose transposes have a wrong sign is found by the part that has it") {
  Product root;
  CHECK(check(root));
  root.sign_of_x = -1;
  CHECK(check(root).first_failure() == "pull_gradient: F_x^T w and F_x");
  root.sign_of_x = 1;
  root.sign_of_theta = -1;
  CHECK(check(root).first_failure() == "pull_gradient: F_theta^T w and F_theta");
}

TEST_CASE("a gradient with a memory, and one that is not a number, are found") {
  Pieces f;
  std::atomic<int> calls{0};  // four threads ask, too
  f.gradient_ = [&](const Vector& x, const Vector& theta) {
    return Vector(f.H * x - theta + 1e-9 * Vector::Constant(2, calls++));
  };
  CHECK(contains(check(f).str(), "WRONG   gradient, repeated"));
  f.gradient_ = [](const Vector&, const Vector&) { return Vector(Vector::Constant(2, test::nan)); };
  CHECK(check(f).first_failure() == "gradient and value");
}

TEST_CASE("a problem that threads other than its own do not find as it was is found") {
  Pieces f;
  const std::thread::id own = std::this_thread::get_id();
  f.gradient_ = [&](const Vector& x, const Vector& theta) {
    return Vector(f.H * x - theta + Vector::Constant(2, std::this_thread::get_id() == own ? 0 : 1e-12));
  };
  CHECK(check(f).first_failure() == "the same from four threads at once");
  f.gradient_ = [&](const Vector& x, const Vector& theta) {
    if (std::this_thread::get_id() != own) throw std::runtime_error("not here");
    return Vector(f.H * x - theta);
  };
  CHECK(check(f).first_failure() == "the same from four threads at once");
}

TEST_CASE("a domain that admits NaN, and a bound on the curvature that does not hold, are found") {
  Pieces f;
  f.curvature_ = Curvature{1.3, {}, {}};
  CHECK(check(f));
  f.curvature_ = Curvature{1.5, {}, {}};
  CHECK(check(f).first_failure() == "curvature: no eigenvalue of H is below its bound");
  f.domain_ = [](const Vector&) {};
  CHECK(check(f).first_failure() == "check_domain refuses NaN");
}

}  // namespace
}  // namespace unroll
