#include "unroll/check/primitive.hpp"

#include <fmt/format.h>

#include "unroll/check/differences.hpp"

namespace unroll::detail {
namespace {

using Operands = ErasedPrimitive::Operands;

class PrimitiveCheck {
 public:
  PrimitiveCheck(const ErasedPrimitive& primitive, const CheckOptions& options)
      : f_(primitive), options_(options), y_(f_.value(f_.at)) {}

  Findings run() {
    for (std::size_t i = 0; i < f_.at.size(); ++i) {
      slopes_.push_back(slope(i));
      if (f_.pushforward) found_.attempt(part("pushforward", i), [&] { pushforward(i); });
      found_.attempt(part("pullback", i), [&] { pullback(i); });
    }
    if (f_.pushforward) found_.attempt("pushforward is linear", [&] { linear_pushforward(); });
    found_.attempt("pullback is linear", [&] { linear_pullback(); });
    if (f_.dual_pullback) found_.attempt("second order", [&] { second_order(); });
    if (f_.dual_pushforward) found_.attempt("pushforward, second order", [&] { second_order_forwards(); });
    return found_;
  }

 private:
  std::string part(const char* function, std::size_t i) const {
    return f_.at.size() == 1 ? function : fmt::format("{}, operand {}", function, i + 1);
  }
  Operands with(std::size_t i, const Vector& x) const {
    Operands at = f_.at;
    at[i] = x;
    return at;
  }
  Operands only(std::size_t i, const Vector& x_dot) const {
    Operands dot;
    for (const Matrix& x : f_.at) dot.push_back(Matrix::Zero(x.rows(), 1));
    dot[i] = x_dot;
    return dot;
  }

  /// ∂y/∂x_i by differences, m×n_i.
  Matrix slope(std::size_t i) const {
    return differences([&](const Vector& x) { return f_.value(with(i, x)); }, f_.at[i]);
  }

  void pushforward(std::size_t i) {
    Matrix J(y_.size(), f_.at[i].rows());
    for (Index j = 0; j < J.cols(); ++j) J.col(j) = f_.pushforward(f_.at, only(i, Vector::Unit(J.cols(), j)));
    found_.compare(part("pushforward and value", i), J, slopes_[i], options_.differences,
                   difference_rounding(y_.lpNorm<Eigen::Infinity>(), f_.at[i]));
    slopes_[i] = J;
  }

  void pullback(std::size_t i) {
    Matrix J(y_.size(), f_.at[i].rows());
    for (Index j = 0; j < J.rows(); ++j) {
      const Matrix row = f_.pullback(f_.at, Vector::Unit(J.rows(), j))[i];
      if (row.rows() != J.cols()) {
        found_.compare(part("pullback's size", i), row, f_.at[i], 0);
        return;
      }
      J.row(j) = row.transpose();
    }
    found_.compare(part(f_.pushforward ? "pullback and pushforward" : "pullback and value", i), J, slopes_[i],
                   f_.pushforward ? options_.rounding : options_.differences,
                   f_.pushforward ? 0 : difference_rounding(y_.lpNorm<Eigen::Infinity>(), f_.at[i]));
  }

  void linear_pushforward() {
    Operands all;
    Vector sum = Vector::Zero(y_.size());
    for (std::size_t i = 0; i < f_.at.size(); ++i) {
      all.push_back(spread(f_.at[i].rows(), 1, static_cast<unsigned>(i)));
      sum += slopes_[i] * all[i];
    }
    found_.compare("pushforward is linear", f_.pushforward(f_.at, all), sum, options_.rounding);
  }

  void linear_pullback() {
    const Vector u = spread(y_.size(), 1, 1), w = spread(y_.size(), 1, 2);
    const Operands of_u = f_.pullback(f_.at, u), of_w = f_.pullback(f_.at, w),
                   of_both = f_.pullback(f_.at, 2 * u - 3 * w);
    for (std::size_t i = 0; i < f_.at.size(); ++i)
      found_.compare(part("pullback is linear", i), of_both[i], 2 * of_u[i] - 3 * of_w[i], options_.rounding);
  }

  /// Along directions of all operands and of ȳ at once.
  void second_order() {
    const Operands dots = directions(3), blocks = joined(f_.at, dots);
    const Matrix w = spread(y_.size(), 1, 1), w_dot = spread(y_.size(), k, 2);
    const Operands got = f_.dual_pullback(blocks, joined({w}, {w_dot})[0]);
    for (std::size_t i = 0; i < f_.at.size(); ++i)
      compare_along(part("pullback of dual numbers", i), got[i], [&](double s, Index j) {
        return Vector(f_.pullback(moved(f_.at, dots, s, j), w + s * w_dot.col(j))[i]);
      });
  }

  /// Along directions of all operands and of their tangents at once.
  void second_order_forwards() {
    const Operands dots = directions(3), x_dots = directions(60);
    Operands first;
    for (const Matrix& x : directions(30)) first.emplace_back(x.col(0));
    compare_along("pushforward of dual numbers",
                  f_.dual_pushforward(joined(f_.at, dots), joined(first, x_dots)), [&](double s, Index j) {
                    return f_.pushforward(moved(f_.at, dots, s, j), moved(first, x_dots, s, j));
                  });
  }

  static constexpr Index k = 2;  // directions
  Operands directions(unsigned seed) const {
    Operands all;
    for (const Matrix& x : f_.at) all.push_back(spread(x.rows(), k, seed++));
    return all;
  }
  static Operands joined(const Operands& values, const Operands& dots) {
    Operands all;
    for (std::size_t i = 0; i < values.size(); ++i) {
      all.emplace_back(values[i].rows(), 1 + k);
      all[i] << values[i], dots[i];
    }
    return all;
  }
  static Operands moved(Operands values, const Operands& dots, double s, Index j) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += s * dots[i].col(j);
    return values;
  }
  /// `got`, a value and its tangents, beside f(0, 0) and the differences of f(s, j), a vector, in s.
  template <class F>
  void compare_along(const std::string& name, Matrix got, const F& f) {
    Matrix expected(got.rows(), 1 + k);
    expected.col(0) = f(0.0, 0);
    for (Index j = 0; j < k; ++j)
      expected.col(1 + j) = differences([&](const Vector& s) { return f(s[0], j); }, Vector::Zero(1));
    if (got.cols() == 1) got.conservativeResizeLike(Matrix::Zero(got.rows(), 1 + k));  // no tangents: zero
    found_.compare(name, got, expected, options_.differences);
  }

  const ErasedPrimitive& f_;
  CheckOptions options_;
  Vector y_;
  std::vector<Matrix> slopes_;  // ∂y/∂x_i, m×n_i
  Findings found_;
};

}  // namespace

Findings check_erased(const ErasedPrimitive& primitive, const CheckOptions& options) {
  return PrimitiveCheck(primitive, options).run();
}

}  // namespace unroll::detail
