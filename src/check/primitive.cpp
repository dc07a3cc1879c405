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
    const Index k = 2;
    const Vector w = spread(y_.size(), 1, 1);
    const Matrix w_dot = spread(y_.size(), k, 2);
    Operands blocks, dots;
    for (std::size_t i = 0; i < f_.at.size(); ++i) {
      dots.push_back(spread(f_.at[i].rows(), k, 3 + static_cast<unsigned>(i)));
      blocks.emplace_back(f_.at[i].rows(), 1 + k);
      blocks[i] << f_.at[i], dots[i];
    }
    Matrix w_block(w.size(), 1 + k);
    w_block << w, w_dot;
    const Operands got = f_.dual_pullback(blocks, w_block), plain = f_.pullback(f_.at, w);
    for (std::size_t i = 0; i < f_.at.size(); ++i) {
      Matrix expected(f_.at[i].rows(), 1 + k);
      expected.col(0) = plain[i];
      for (Index j = 0; j < k; ++j)
        expected.col(1 + j) = differences(
            [&](const Vector& s) {
              Operands at = f_.at;
              for (std::size_t o = 0; o < at.size(); ++o) at[o] += s[0] * dots[o].col(j);
              return Vector(f_.pullback(at, w + s[0] * w_dot.col(j))[i]);
            },
            Vector::Zero(1));
      Matrix given = got[i];  // no tangents at all: they are zero
      if (given.cols() == 1) given.conservativeResizeLike(Matrix::Zero(given.rows(), 1 + k));
      found_.compare(part("pullback of dual numbers", i), given, expected, options_.differences);
    }
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
