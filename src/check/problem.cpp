#include "unroll/check/problem.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <optional>
#include <thread>
#include <vector>

#include "unroll/check/differences.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

Vector one(double x) { return Vector::Constant(1, x); }

class ProblemCheck {
 public:
  ProblemCheck(const Problem& problem, const Vector& x, const Vector& theta, const CheckOptions& options)
      : f_(problem), x_(x), theta_(theta), options_(options), n_(x.size()), p_(theta.size()) {}

  Findings run() {
    domain();
    const bool first = found_.attempt("gradient", [&] { gradient(); });
    const bool second = f_.has_objective() ? found_.attempt("second_order", [&] { second_order(); })
                                           : found_.attempt("push_gradient", [&] { products(); });
    if (!first || !second) return found_;
    found_.attempt("together and alone", [&] { together(); });
    found_.attempt("third_order", [&] { third_order(); });
    if (f_.has_objective()) found_.attempt("directions at once", [&] { directions(); });
    found_.attempt("four threads at once", [&] { threads(); });
    found_.attempt("curvature", [&] { curvature(); });
    return found_;
  }

 private:
  void fail(std::string part, std::string note) {
    found_.add({std::move(part), std::numeric_limits<double>::quiet_NaN(), 0, "", std::move(note)});
  }

  void domain() {
    found_.attempt("check_domain accepts theta", [&] { f_.check_domain(theta_); });
    const double nan = std::numeric_limits<double>::quiet_NaN();
    bool refused = p_ == 0;
    try {
      f_.check_domain(Vector::Constant(p_, nan));
    } catch (const Error&) {
      refused = true;
    }
    if (!refused) fail("check_domain refuses NaN", "it accepted it");
    if (f_.has_objective() && !std::isfinite(f_.value(x_, theta_))) fail("value is finite", "it is not");
  }

  void gradient() {
    if (!f_.has_objective()) {
      const Vector g = checked_gradient(f_, x_, theta_);
      found_.compare("residual, repeated", checked_gradient(f_, x_, theta_), g, 0);
      return;
    }
    const auto value_at_x = [&](const Vector& at) { return one(f_.value(at, theta_)); };
    const auto value_at_theta = [&](const Vector& at) { return one(f_.value(x_, at)); };
    const Vector g = checked_gradient(f_, x_, theta_);
    const double size = std::abs(f_.value(x_, theta_));
    found_.compare("gradient and value", g, detail::differences(value_at_x, x_).transpose(),
                   options_.differences, detail::difference_rounding(size, x_));
    found_.compare("gradient, repeated", checked_gradient(f_, x_, theta_), g, 0);
    try {
      parameter_gradient_ = checked_parameter_gradient(f_, x_, theta_);
    } catch (const UnsupportedError&) {
      return;
    }
    found_.compare("parameter_gradient and value", *parameter_gradient_,
                   detail::differences(value_at_theta, theta_).transpose(), options_.differences,
                   detail::difference_rounding(size, theta_));
  }

  void second_order() {
    const SecondOrder by_x =
        checked_second_order(f_, x_, theta_, Matrix::Identity(n_, n_), Matrix::Zero(p_, n_));
    const SecondOrder by_theta =
        checked_second_order(f_, x_, theta_, Matrix::Zero(n_, p_), Matrix::Identity(p_, p_));
    const Matrix H = detail::differences([&](const Vector& at) { return f_.gradient(at, theta_); }, x_);
    const Matrix M = detail::differences([&](const Vector& at) { return f_.gradient(x_, at); }, theta_);
    const double size = f_.gradient(x_, theta_).lpNorm<Eigen::Infinity>();
    const double at_x = detail::difference_rounding(size, x_),
                 at_theta = detail::difference_rounding(size, theta_);
    found_.compare("second_order: H x_dot and gradient", by_x.dx, H, options_.differences, at_x);
    found_.compare("second_order: H is symmetric", by_x.dx, by_x.dx.transpose(), options_.rounding);
    found_.compare("second_order: M theta_dot and gradient", by_theta.dx, M, options_.differences, at_theta);
    found_.compare("second_order: M^T x_dot and M", by_x.dtheta, by_theta.dx.transpose(), options_.rounding);
    if (!parameter_gradient_) return;
    const Matrix block =
        detail::differences([&](const Vector& at) { return f_.parameter_gradient(x_, at); }, theta_);
    found_.compare(
        "second_order: f_theta_theta theta_dot and parameter_gradient", by_theta.dtheta, block,
        options_.differences,
        p_ == 0 ? 0 : detail::difference_rounding(parameter_gradient_->lpNorm<Eigen::Infinity>(), theta_));
    found_.compare("second_order: f_theta_theta is symmetric", by_theta.dtheta, by_theta.dtheta.transpose(),
                   options_.rounding);
  }

  /// Of a root.
  void products() {
    const Matrix J = checked_push(f_, x_, theta_, Matrix::Identity(n_, n_), Matrix::Zero(p_, n_)),
                 K = checked_push(f_, x_, theta_, Matrix::Zero(n_, p_), Matrix::Identity(p_, p_));
    const SecondOrder transposed = checked_pull(f_, x_, theta_, Matrix::Identity(n_, n_));
    const double size = f_.gradient(x_, theta_).lpNorm<Eigen::Infinity>();
    found_.compare("push_gradient: F_x x_dot and residual", J,
                   detail::differences([&](const Vector& at) { return f_.gradient(at, theta_); }, x_),
                   options_.differences, detail::difference_rounding(size, x_));
    found_.compare("push_gradient: F_theta theta_dot and residual", K,
                   detail::differences([&](const Vector& at) { return f_.gradient(x_, at); }, theta_),
                   options_.differences, p_ == 0 ? 0 : detail::difference_rounding(size, theta_));
    found_.compare("pull_gradient: F_x^T w and F_x", transposed.dx, J.transpose(), options_.rounding);
    found_.compare("pull_gradient: F_theta^T w and F_theta", transposed.dtheta, K.transpose(),
                   options_.rounding);
  }

  /// What may be overridden to be cheaper is the same as what it stands for.
  void together() {
    const Matrix x_dot = detail::spread(n_, 2, 5), theta_dot = detail::spread(p_, 2, 6);
    const Matrix both = checked_gradient_and_push(f_, x_, theta_, x_dot, theta_dot);
    Matrix apart(n_, 3);
    apart << f_.gradient(x_, theta_), checked_push(f_, x_, theta_, x_dot, theta_dot);
    found_.compare("gradient_and_push and its parts", both, apart, options_.rounding);
    found_.compare("pull_to_parameters and pull_gradient", checked_pull_to_parameters(f_, x_, theta_, x_dot),
                   checked_pull(f_, x_, theta_, x_dot).dtheta, options_.rounding);
  }

  /// Where there is one: the tangents of pull_gradient.
  void third_order() {
    const Vector w = detail::spread(n_, 1, 4);
    SecondOrder by_x, by_theta;
    try {
      by_x = checked_third_order(f_, x_, theta_, w, Matrix::Identity(n_, n_), Matrix::Zero(p_, n_));
      by_theta = checked_third_order(f_, x_, theta_, w, Matrix::Zero(n_, p_), Matrix::Identity(p_, p_));
    } catch (const UnsupportedError&) {
      return;
    }
    const auto pulled = [&](const Vector& x, const Vector& theta) {
      const SecondOrder s = checked_pull(f_, x, theta, w);
      return Vector(Matrix((Matrix(n_ + p_, 1) << s.dx, s.dtheta).finished()));
    };
    const double size = pulled(x_, theta_).lpNorm<Eigen::Infinity>();
    Matrix along_x(n_ + p_, n_), along_theta(n_ + p_, p_);
    along_x << by_x.dx, by_x.dtheta;
    along_theta << by_theta.dx, by_theta.dtheta;
    found_.compare("third_order: x_dot and pull_gradient", along_x,
                   detail::differences([&](const Vector& at) { return pulled(at, theta_); }, x_),
                   options_.differences, detail::difference_rounding(size, x_));
    found_.compare("third_order: theta_dot and pull_gradient", along_theta,
                   detail::differences([&](const Vector& at) { return pulled(x_, at); }, theta_),
                   options_.differences, p_ == 0 ? 0 : detail::difference_rounding(size, theta_));
  }

  void directions() {
    const Index k = 3;
    const Matrix U = detail::spread(n_, k, 1), W = detail::spread(p_, k, 2);
    const SecondOrder together = checked_second_order(f_, x_, theta_, U, W);
    SecondOrder each{Matrix(n_, k), Matrix(p_, k)};
    for (Index j = 0; j < k; ++j) {
      const SecondOrder s = checked_second_order(f_, x_, theta_, U.col(j), W.col(j));
      each.dx.col(j) = s.dx;
      each.dtheta.col(j) = s.dtheta;
    }
    found_.compare("second_order of many directions: dx", together.dx, each.dx, options_.rounding);
    found_.compare("second_order of many directions: dtheta", together.dtheta, each.dtheta,
                   options_.rounding);
  }

  /// Eight points, n×8, at all of which four threads ask at once for what one has asked for alone.
  void threads() {
    const Index points = 8;
    const double scale = n_ == 0 || x_.isZero(0) ? 1 : x_.lpNorm<Eigen::Infinity>();
    const Matrix at = x_.replicate(1, points) + 1e-3 * scale * detail::spread(n_, points, 3);
    const auto everything = [&] {
      Matrix all(2 * n_, points);
      for (Index j = 0; j < points; ++j)
        all.col(j) << f_.gradient(at.col(j), theta_),
            f_.push_gradient(at.col(j), theta_, Vector::Ones(n_), Vector::Ones(p_));
      return all;
    };
    const Matrix alone = everything();
    std::vector<Matrix> together(4);
    std::vector<std::thread> threads;
    for (Matrix& result : together)
      threads.emplace_back([&] {
        try {
          result = everything();
        } catch (const std::exception&) {  // left empty: another size than `alone`
        }
      });
    for (std::thread& thread : threads) thread.join();
    Matrix wanted(alone.rows(), 0), got = wanted;
    for (const Matrix& result : together)
      if (!(result.size() == alone.size() && result == alone)) got = result, wanted = alone;
    found_.compare("the same from four threads at once", got, wanted, 0);
  }

  void curvature() {
    const std::optional<Curvature> c = f_.curvature(theta_);
    if (!c) return;
    const Vector lambda =
        Eigen::SelfAdjointEigenSolver<Matrix>(f_.hessian(x_, theta_), Eigen::EigenvaluesOnly).eigenvalues();
    const double below = std::max(0.0, c->smallest_eigenvalue - lambda[0]);
    found_.compare("curvature: no eigenvalue of H is below its bound", one(c->smallest_eigenvalue - below),
                   one(c->smallest_eigenvalue), options_.rounding,
                   options_.rounding * lambda.lpNorm<Eigen::Infinity>());
  }

  const Problem& f_;
  const Vector& x_;
  const Vector& theta_;
  CheckOptions options_;
  Index n_, p_;
  std::optional<Vector> parameter_gradient_;
  Findings found_;
};

}  // namespace

Findings check_problem(const Problem& problem, const Vector& x, const Vector& theta,
                       const CheckOptions& options) {
  check_sizes(problem, x.size(), theta.size(), "check_problem");
  return ProblemCheck(problem, x, theta, options).run();
}

}  // namespace unroll
