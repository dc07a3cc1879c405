#include "unroll/ad/reduce.hpp"

#include <fmt/format.h>

#include "ad/adaptors.hpp"
#include "ad/bilinear.hpp"
#include "ad/instantiate.hpp"

namespace unroll::ad {

namespace {

struct InnerProduct {
  static constexpr auto value = dot, left = scale, right = scale;
};

struct Sum {
  static void forward(Block y, const ConstBlock& x, double alpha, Into into) { sum(y, x, alpha, into); }
  static void transposed(Block x, const ConstBlock& y, double alpha, Into into) {
    for (Index j = 0; j < x.cols(); ++j)
      put(x.col(j).array(), Eigen::ArrayXd::Constant(x.rows(), y(0, j)), alpha, into);
  }
};

struct SquaredNorm {
  static constexpr std::array<unsigned, 1> needed_for{1U};
  static constexpr bool reads_output = false;
  static void evaluate(const ConstBlock& x, Block y) { dot(y, x, x, 1, Into::assign); }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>(
        [&](Block x_bar, Into into) { scale(x_bar, y_bar.block, p.template in<0>(), 2, into); });
  }
};

// Norms whose squares are neither 0 nor infinite.
bool has_square(double norm) { return norm > 1e-140 && norm < 1e140; }
// ‖x‖ without leaving the range of the entries.
double scaled_norm(const Eigen::Map<const Vector>& x) {
  const double plain = x.norm();
  if (has_square(plain)) return plain;
  const double most = x.size() == 0 ? 0.0 : x.cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
  return most > 0 && std::isfinite(most) ? most * (x / most).norm() : most;
}

// y = ‖x‖: x̄ = ȳ u with u = x/y. At 0 it is 0; but along rays u is ẋ/‖ẋ‖ of each tangent: ∇g(‖εẋ‖) is
// g''(0) ‖εẋ‖ u to first order, where g'(0) = 0. With −‖εẋ‖ and −u it is the same.
struct Norm {
  static constexpr std::array<unsigned, 1> needed_for{1U};
  static constexpr bool reads_output = true;
  double ray;  // see TapeCore; 0 where x is not 0

  static double length(const ConstBlock& x, Index j) {
    return scaled_norm(Eigen::Map<const Vector>(x.col(j).data(), x.rows()));
  }
  void evaluate(const ConstBlock& x, Block y) const {
    y(0, 0) = length(x, 0);
    const Index half = half_of(x, y);
    for (Index j = 1; j < y.cols(); ++j) {
      if (y(0, 0) == 0)
        y(0, j) = ray != 0 ? ray * length(x, j) : 0.0;
      else
        y(0, j) = (x.col(0) / y(0, 0)).dot(x.col(j));
      if (is_mixed(j, half) && y(0, 0) != 0)
        y(0, j) += (x.col(j - half).dot(x.col(half)) - y(0, j - half) * y(0, half)) / y(0, 0);
    }
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock x = p.template in<0>(), y = p.output();
    const double norm = y(0, 0);
    p.template add<0>([&](Block x_bar, Into into) {
      if (norm == 0) {
        if (into == Into::assign) x_bar.setZero();
        for (Index j = 1; ray != 0 && j < x.cols(); ++j)
          if (y(0, j) != 0) x_bar.col(j) += y_bar.scale * y_bar.block(0, j) * (x.col(j) / y(0, j));
        return;
      }
      if (x.cols() > 1) {
        Matrix u(x.rows(), x.cols());
        const Block unit(u.data(), u.rows(), u.cols(), x.half());
        divide(
            unit, x, [&y](Index j) { return y(0, j); }, y.cols(), x.half());
        return scale(x_bar, y_bar.block, ConstBlock(u.data(), u.rows(), u.cols(), x.half()), 1, into);
      }
      for (Index j = 0; j < x_bar.cols(); ++j) {
        if (has_square(norm))
          put(x_bar.col(j), x.col(0), y_bar.block(0, j) / norm, into);
        else
          put(x_bar.col(j), x.col(0) / norm, y_bar.block(0, j), into);
      }
    });
  }
};

// y = m + log Σ e^{x_i − m} with m the greatest entry; the softmax is its slope.
struct LogSumExp {
  static constexpr std::array<unsigned, 1> needed_for{1U};
  static constexpr bool reads_output = false;
  // e^{x_i}/Σ e^{x_k}. Of entries that are all −∞ it is 0; infinite ones share it.
  static Vector softmax(const ConstBlock& x) {
    const double most = x.col(0).maxCoeff<Eigen::PropagateNaN>();
    if (most == -std::numeric_limits<double>::infinity()) return Vector::Zero(x.rows());
    if (std::isinf(most))
      return (x.col(0).array() == most).cast<double>() /
             static_cast<double>((x.col(0).array() == most).count());
    const Vector weights = map<packet::Exp>(x.col(0).array() - most);
    return weights / weights.sum();
  }
  static void evaluate(const ConstBlock& x, Block y) {
    const double most = x.col(0).maxCoeff<Eigen::PropagateNaN>();
    const bool finite = std::isfinite(most);  // all −∞, or some +∞ or NaN: the greatest entry says it all
    y(0, 0) = finite ? most + std::log(map<packet::Exp>(x.col(0).array() - most).sum()) : most;
    if (y.cols() == 1) return;
    const Vector weights = softmax(x);
    y.rightCols(y.cols() - 1) = weights.transpose() * x.rightCols(y.cols() - 1);
    const Index half = half_of(x, y);
    for (Index j = 1; j < half; ++j)
      y(0, half + j) += weights.cwiseProduct(x.col(j)).dot(x.col(half)) - y(0, j) * y(0, half);
  }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock x = p.template in<0>();
    p.template add<0>([&](Block x_bar, Into into) {
      Matrix w(x.rows(), x.cols());  // the softmax and its tangents
      w.col(0) = softmax(x);
      Index greatest = 0;
      x.col(0).maxCoeff(&greatest);
      const Index half = x.half();
      // ẋ beside that of the greatest entry: what is left of a weight near 1 is then the sum of the others.
      const auto apart = [&](Index c) -> Vector { return x.col(c).array() - x(greatest, c); };
      const auto moved = [&](Index c) -> Vector {
        const Vector d = apart(c);
        return d.array() - w.col(0).dot(d);
      };
      for (Index j = 1; j < w.cols(); ++j) {
        w.col(j) = w.col(0).cwiseProduct(moved(j));
        if (!is_mixed(j, half)) continue;
        w.col(j) += w.col(j - half).cwiseProduct(moved(half));
        w.col(j) -= w.col(0) * w.col(j - half).dot(apart(half));
      }
      scale(x_bar, y_bar.block, ConstBlock(w.data(), w.rows(), w.cols(), half), 1, into);
    });
  }
};

template <class E>
void check_not_empty(const E& x, const char* operation) {
  if (x.size() == 0) throw ShapeError(fmt::format("{}: of an empty array", operation));
}

}  // namespace

template <class A, class B>
scalar_t<erased_result_t<A, B>> inner_product(const A& a, const B& b) {
  same_shape("dot", shape_of(a), shape_of(b));
  return evaluate_scalar(BilinearRule{InnerProduct{}}, a, b);
}
template <class E>
scalar_t<E> sum_entries(const E& x) {
  return evaluate_scalar(LinearRule{Sum{}}, x);
}
template <class E>
scalar_t<E> squared_length(const E& x) {
  return evaluate_scalar(SquaredNorm{}, x);
}
template <class E>
scalar_t<E> length(const E& x) {
  double ray = 0;
  if constexpr (TapedArray<E>)
    if (TapeCore* const core = x.core(); core != nullptr && core->ray != 0 && core->tangents > 0 &&
                                         !x.is_constant() && x.block().col(0).isZero(0)) {
      ray = core->ray;
      core->met_ray = true;
    }
  return evaluate_scalar(Norm{ray}, x);
}
template <class E>
scalar_t<E> stable_log_sum_exp(const E& x) {
  check_not_empty(x, "log_sum_exp");
  return evaluate_scalar(LogSumExp{}, x);
}
template <class E>
scalar_t<E> greatest(const E& x, bool smallest) {
  check_not_empty(x, smallest ? "min" : "max");
  const ConstBlock values = block_of(x);
  Index position = 0;
  if (smallest)
    values.col(0).minCoeff<Eigen::PropagateNaN>(&position);
  else
    values.col(0).maxCoeff<Eigen::PropagateNaN>(&position);
  return evaluate_scalar(LinearRule{Segment{position}}, x);
}

#define UNROLL_OF_ONE(E)                                \
  template scalar_t<E> sum_entries<E>(const E&);        \
  template scalar_t<E> squared_length<E>(const E&);     \
  template scalar_t<E> length<E>(const E&);             \
  template scalar_t<E> stable_log_sum_exp<E>(const E&); \
  template scalar_t<E> greatest<E>(const E&, bool);
UNROLL_FOR_ERASED(UNROLL_OF_ONE)
#undef UNROLL_OF_ONE

#define UNROLL_OF_TWO(A, B) template scalar_t<erased_result_t<A, B>> inner_product<A, B>(const A&, const B&);
UNROLL_FOR_ERASED_PAIRS(UNROLL_OF_TWO)
#undef UNROLL_OF_TWO

}  // namespace unroll::ad
