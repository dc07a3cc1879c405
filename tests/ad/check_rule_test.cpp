#include "ad/check_rule.hpp"

#include <fmt/format.h>

#include <random>

#include "support/worst.hpp"

namespace unroll::test {

Matrix matrix_point(Index rows, Index cols, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(rows, cols, [&] { return normal(engine); });
}
Vector point(Index size, unsigned seed) {
  Vector x = matrix_point(size, 1, seed);
  for (Index i = 0; i < size; ++i) x[i] += (x[i] < 0 ? -0.3 : 0.3);
  return x;
}
Vector positive_point(Index size, unsigned seed) { return point(size, seed).cwiseAbs(); }

namespace {

using Operands = std::vector<Matrix>;

struct Swept {
  Matrix value;      // m × (1 + k)
  Operands adjoint;  // size × s each
};

Operands along(const Operands& x, double step, const Operands& v, Index j) {
  Operands moved = x;
  for (std::size_t i = 0; i < x.size(); ++i)
    moved[i] += step * v[i].col(j).reshaped(x[i].rows(), x[i].cols());
  return moved;
}

class Checker {
 public:
  Checker(const ErasedRule& rule, const RuleOptions& options) : rule_(rule), options_(options) {}

  std::string check() {
    const std::size_t count = rule_.at.size();
    for (active_ = 1; active_ < 1U << count; ++active_) check_active();
    return report_;
  }

 private:
  static constexpr double rounding = 1e-12, difference = 1e-6, h = 1e-5;
  static constexpr Index k = 3;

  bool is_active(std::size_t i) const { return (active_ >> i & 1U) != 0; }

  void compare(const std::string& what, const Matrix& a, const Matrix& b, double tolerance) {
    const bool same_shape = a.rows() == b.rows() && a.cols() == b.cols();
    const double scale = b.size() == 0 ? 1 : std::max(1.0, test::largest(b.cwiseAbs()));
    const double distance = !same_shape ? NAN : a.size() == 0 ? 0 : (a - b).cwiseAbs().sum() / scale;
    if (!(distance <= tolerance))
      report_ += fmt::format("operands {:b}: {} differs by {}\n", active_, what, distance);
  }

  // Directions of all operands; 0 for constants.
  Operands directions(unsigned seed) const {
    Operands v;
    for (std::size_t i = 0; i < rule_.at.size(); ++i) {
      const Matrix& x = rule_.at[i];
      v.push_back(is_active(i) ? matrix_point(x.size(), k, seed + static_cast<unsigned>(i))
                               : Matrix::Zero(x.size(), k));
      if (options_.symmetric && x.rows() == x.cols())
        for (Index j = 0; j < k; ++j) {
          const Matrix change = v[i].col(j).reshaped(x.rows(), x.cols());
          v[i].col(j) = (change + change.transpose()).reshaped();
        }
    }
    return v;
  }

  Matrix dual(const Operands& x, const Operands& v) const {
    std::vector<DualArray> in;
    for (std::size_t i = 0; i < x.size(); ++i)
      in.push_back(is_active(i) ? DualMatrix(x[i], v[i]) : DualMatrix(x[i]));
    return rule_.dual(in);
  }

  // With tangents v, and a further direction w, if they are given.
  Swept sweep(const Operands& x, const Operands* v, const Matrix& seeds, bool combined,
              const Operands* w = nullptr) const {
    Tape tape = w != nullptr ? Tape::along(k) : Tape(v == nullptr ? 0 : k);
    std::vector<VarArray> in;
    for (std::size_t i = 0; i < x.size(); ++i) {
      in.push_back(is_active(i) ? tape.input(x[i]) : VarMatrix(x[i]));
      if (!is_active(i)) continue;
      double* const after = in[i].buffer()->data + x[i].size();
      if (v != nullptr) std::copy_n((*v)[i].data(), (*v)[i].size(), after);
      if (w != nullptr) std::copy_n((*w)[i].data(), (*w)[i].size(), after + (*v)[i].size());
    }
    ErasedRule::Node y = rule_.taped(in);
    if (combined) {
      const ErasedRule::Node again = rule_.taped(in);
      if (y.is_scalar)
        y.scalar = 1.5 * y.scalar - 0.5 * again.scalar;
      else
        y.array = VarMatrix(1.5 * VarMatrix(y.array) - 0.5 * VarMatrix(again.array));
    }
    const Sweep swept = y.is_scalar ? tape.sweep(y.scalar, seeds) : tape.sweep(y.array, seeds);
    Swept result{y.is_scalar ? Matrix(ad::block_of(y.scalar)) : Matrix(y.array.block()), {}};
    for (std::size_t i = 0; i < x.size(); ++i)
      result.adjoint.push_back(is_active(i) ? swept.adjoint(in[i]) : Matrix::Zero(x[i].size(), seeds.cols()));
    return result;
  }

  static Matrix pairing(const Operands& a, const Operands& b) {
    Matrix sum = Matrix::Zero(a[0].cols(), b[0].cols());
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i].transpose() * b[i];
    return sum;
  }

  void check_active() {
    const Operands& x = rule_.at;
    const Operands v = directions(1);
    const Matrix y = rule_.plain(x), forward = dual(x, v);
    compare("value of duals", forward.col(0), y, rounding);
    for (Index j = 0; j < k; ++j)
      compare("tangent", forward.col(1 + j),
              (rule_.plain(along(x, h, v, j)) - rule_.plain(along(x, -h, v, j))) / (2 * h), difference);
    const Matrix seeds = matrix_point(y.rows(), 2, 2), nested_seeds = matrix_point(y.rows(), 1 + k, 3),
                 seeds_along = matrix_point(y.rows(), 1 + k, 4);
    for (const bool combined : {false, true}) {
      const std::string way = combined ? " of 3/2 f - 1/2 f" : "";
      const Swept reverse = sweep(x, nullptr, seeds, combined);
      compare("value on a tape" + way, reverse.value, y, rounding);
      compare("duality" + way, pairing(reverse.adjoint, v), seeds.transpose() * forward.rightCols(k),
              rounding);
      if (!options_.second_order) continue;
      check_second_order(x, v, forward, nested_seeds, combined, way);
      if (options_.third_order) check_third_order(x, v, nested_seeds, seeds_along, combined, way);
    }
  }

  void check_second_order(const Operands& x, const Operands& v, const Matrix& forward, const Matrix& seeds,
                          bool combined, const std::string& way) {
    const Swept nested = sweep(x, &v, seeds, combined);
    compare("tangents on a tape" + way, nested.value, forward, rounding);
    const Operands first_order = sweep(x, nullptr, seeds, false).adjoint;
    // Along allowed changes only, where the adjoint is determined.
    const Operands test = directions(11);
    const Matrix along_test = pairing(test, nested.adjoint), linear_part = pairing(test, first_order);
    compare("adjoint on a tape with tangents" + way, along_test.col(0), linear_part.col(0), rounding);
    for (Index j = 0; j < k; ++j) {
      const Matrix w = seeds.col(0);
      const Matrix change = pairing(test, sweep(along(x, h, v, j), nullptr, w, false).adjoint) -
                            pairing(test, sweep(along(x, -h, v, j), nullptr, w, false).adjoint);
      compare("second derivative" + way, along_test.col(1 + j) - linear_part.col(1 + j), change / (2 * h),
              10 * difference);
    }
  }

  void check_third_order(const Operands& x, const Operands& v, const Matrix& seeds, const Matrix& seeds_along,
                         bool combined, const std::string& way) {
    Operands w = directions(21);
    for (Matrix& direction : w) direction = Matrix(direction.col(0));
    Matrix all(seeds.rows(), 2 * (1 + k));
    all << seeds, seeds_along;
    const Swept third = sweep(x, &v, all, combined, &w), second = sweep(x, &v, seeds, false);
    const auto moved = [&](double step) {
      return sweep(along(x, step, w, 0), &v, seeds + step * seeds_along, false);
    };
    const Swept after = moved(h), before = moved(-h);
    const Operands test = directions(11);
    const Matrix along_test = pairing(test, third.adjoint);
    compare("tangents beside a further direction" + way, third.value.leftCols(1 + k), second.value, rounding);
    compare("value along a further direction" + way, third.value.rightCols(1 + k),
            (after.value - before.value) / (2 * h), 10 * difference);
    compare("adjoint beside a further direction" + way, along_test.leftCols(1 + k),
            pairing(test, second.adjoint), rounding);
    compare("third derivative" + way, along_test.rightCols(1 + k),
            (pairing(test, after.adjoint) - pairing(test, before.adjoint)) / (2 * h), 100 * difference);
  }

  const ErasedRule& rule_;
  RuleOptions options_;
  unsigned active_ = 0;
  std::string report_;
};

// Rules with one mistake each.
struct WrongValue {
  static Vector value(const Vector& x) { return 2 * x; }
  static Vector pushforward(const Vector&, const Vector& dx) { return 2.001 * dx; }
  static Vector pullback(const Vector&, const Vector& y_bar) { return 2.001 * y_bar; }
};
struct WrongPullback {
  static Vector value(const Vector& x) { return x.cwiseAbs2(); }
  static Vector pushforward(const Vector& x, const Vector& dx) { return 2 * x.cwiseProduct(dx); }
  static Vector pullback(const Vector& x, const Vector& y_bar) { return 2.001 * x.cwiseProduct(y_bar); }
};
Vector frozen(const Vector& x) { return x; }
DualVector frozen(const DualVector& x) { return x.value(); }
struct WrongSecond {
  static Vector value(const Vector& x) { return x.cwiseAbs2(); }
  static Vector pushforward(const Vector& x, const Vector& dx) { return 2 * x.cwiseProduct(dx); }
  template <class V>
  static V pullback(const V& x, const V& y_bar) {
    return cwise_product(V(2.0 * frozen(x)), y_bar);
  }
};

}  // namespace

std::string failures(const ErasedRule& rule, const RuleOptions& options) {
  return Checker(rule, options).check();
}

TEST_CASE("the checker notices a wrong tangent, a wrong pullback and a wrong second derivative") {
  const Vector x = point(3);
  const RuleOptions once{.second_order = false};
  const auto with = [&]<class Mine>(Mine, const RuleOptions& options) {
    return rule_failures(
        options, [](const auto& v) { return unroll::apply<Mine>(v); }, x);
  };
  CHECK(with(WrongValue{}, once).find("tangent differs") != std::string::npos);
  CHECK(with(WrongPullback{}, once).find("duality differs") != std::string::npos);
  CHECK(with(WrongSecond{}, once) == "");
  const RuleOptions twice{.third_order = false};
  CHECK(with(WrongSecond{}, twice).find("second derivative differs") != std::string::npos);
}

}  // namespace unroll::test
