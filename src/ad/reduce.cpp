#include "unroll/ad/reduce.hpp"

#include <fmt/format.h>

namespace unroll::ad {

namespace {

struct InnerProduct {
  static constexpr std::array<unsigned, 2> needed_for{2U, 1U};
  static constexpr bool reads_output = false;
  static void evaluate(const ConstBlock& a, const ConstBlock& b, Block y) { dot(y, a, b, 1, Into::assign); }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>(
        [&](Block a_bar, Into into) { scale(a_bar, y_bar.block, p.template in<1>(), y_bar.scale, into); });
    p.template add<1>(
        [&](Block b_bar, Into into) { scale(b_bar, y_bar.block, p.template in<0>(), y_bar.scale, into); });
  }
};

struct Sum {
  static constexpr std::array<unsigned, 1> needed_for{0U};
  static constexpr bool reads_output = false;
  static void evaluate(const ConstBlock& x, Block y) { sum(y, x, 1, Into::assign); }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block x_bar, Into into) {
      if (into == Into::assign)
        x_bar.rowwise() = y_bar.block.row(0);
      else
        x_bar.rowwise() += y_bar.block.row(0);
    });
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

// y = ‖x‖: x̄ = (ȳ/y) x; 0 at 0.
struct Norm {
  static constexpr std::array<unsigned, 1> needed_for{1U};
  static constexpr bool reads_output = true;
  static void evaluate(const ConstBlock& x, Block y) {
    y(0, 0) = x.col(0).norm();
    for (Index j = 1; j < y.cols(); ++j) y(0, j) = y(0, 0) == 0 ? 0.0 : x.col(0).dot(x.col(j)) / y(0, 0);
  }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock y = p.output();
    p.template add<0>([&](Block x_bar, Into into) {
      if (y(0, 0) == 0) {
        if (into == Into::assign) x_bar.setZero();
        return;
      }
      Eigen::RowVectorXd ratio = y_bar.block.row(0) / y(0, 0);
      if (y.cols() > 1) ratio.tail(y.cols() - 1) -= (ratio(0) / y(0, 0)) * y.row(0).tail(y.cols() - 1);
      scale(x_bar, ConstBlock(ratio.data(), 1, ratio.size()), p.template in<0>(), 1, into);
    });
  }
};

// y = m + log Σ e^{x_i − m}; the softmax e^{x_i − y} is its slope.
struct LogSumExp {
  static constexpr std::array<unsigned, 1> needed_for{1U};
  static constexpr bool reads_output = true;
  static void evaluate(const ConstBlock& x, Block y) {
    const double most = x.col(0).maxCoeff<Eigen::PropagateNaN>();
    const bool finite = std::isfinite(most);  // all −∞, or some +∞ or NaN: the greatest entry says it all
    y(0, 0) = finite ? most + std::log((x.col(0).array() - most).exp().sum()) : most;
    for (Index j = 1; j < y.cols(); ++j)
      y(0, j) = ((x.col(0).array() - y(0, 0)).exp() * x.col(j).array()).sum();
  }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock x = p.template in<0>();
    const ConstBlock y = p.output();
    p.template add<0>([&](Block x_bar, Into into) {
      const auto softmax = (x.col(0).array() - y(0, 0)).exp();
      for (Index j = 0; j < x_bar.cols(); ++j) {
        if (into == Into::assign) x_bar.col(j).setZero();
        x_bar.col(j).array() += y_bar.block(0, j) * softmax;
        if (j > 0 && x.cols() > 1)
          x_bar.col(j).array() += y_bar.block(0, 0) * softmax * (x.col(j).array() - y(0, j));
      }
    });
  }
};

struct Greatest {
  static constexpr std::array<unsigned, 1> needed_for{0U};
  static constexpr bool reads_output = false;
  Index position;
  void evaluate(const ConstBlock& x, Block y) const {
    for (Index j = 0; j < y.cols(); ++j) y(0, j) = j < x.cols() ? x(position, j) : 0.0;
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block x_bar, Into into) {
      if (into == Into::assign) x_bar.setZero();
      x_bar.row(position) += y_bar.block.row(0);
    });
  }
};

template <class A>
void check_not_empty(const A& x, const char* operation) {
  if (x.size() == 0) throw ShapeError(fmt::format("{}: of an empty array", operation));
}

}  // namespace

template <class A, class B>
scalar_of_t<common_array_t<A, B>> inner_product(const A& a, const B& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols())
    throw ShapeError(
        fmt::format("dot: left is {}x{}, right is {}x{}", a.rows(), a.cols(), b.rows(), b.cols()));
  return evaluate_scalar(InnerProduct{}, a, b);
}
template <class A>
scalar_of_t<A> sum_entries(const A& x) {
  return evaluate_scalar(Sum{}, x);
}
template <class A>
scalar_of_t<A> squared_length(const A& x) {
  return evaluate_scalar(SquaredNorm{}, x);
}
template <class A>
scalar_of_t<A> length(const A& x) {
  return evaluate_scalar(Norm{}, x);
}
template <class A>
scalar_of_t<A> stable_log_sum_exp(const A& x) {
  check_not_empty(x, "log_sum_exp");
  return evaluate_scalar(LogSumExp{}, x);
}
template <class A>
scalar_of_t<A> greatest(const A& x, bool smallest) {
  check_not_empty(x, smallest ? "min" : "max");
  const ConstBlock values = block_of(x);
  Index position = 0;
  if (smallest)
    values.col(0).minCoeff<Eigen::PropagateNaN>(&position);
  else
    values.col(0).maxCoeff<Eigen::PropagateNaN>(&position);
  return evaluate_scalar(Greatest{position}, x);
}

#define UNROLL_OF_ONE(A)                                   \
  template scalar_of_t<A> sum_entries<A>(const A&);        \
  template scalar_of_t<A> squared_length<A>(const A&);     \
  template scalar_of_t<A> length<A>(const A&);             \
  template scalar_of_t<A> stable_log_sum_exp<A>(const A&); \
  template scalar_of_t<A> greatest<A>(const A&, bool);
UNROLL_OF_ONE(Vector)
UNROLL_OF_ONE(Matrix)
UNROLL_OF_ONE(VarVector)
UNROLL_OF_ONE(VarMatrix)
UNROLL_OF_ONE(DualVector)
UNROLL_OF_ONE(DualMatrix)
#undef UNROLL_OF_ONE

#define UNROLL_OF_TWO(A, B) \
  template scalar_of_t<common_array_t<A, B>> inner_product<A, B>(const A&, const B&);
UNROLL_OF_TWO(Vector, Vector)
UNROLL_OF_TWO(Matrix, Matrix)
UNROLL_OF_TWO(VarVector, VarVector)
UNROLL_OF_TWO(VarVector, Vector)
UNROLL_OF_TWO(Vector, VarVector)
UNROLL_OF_TWO(VarMatrix, VarMatrix)
UNROLL_OF_TWO(VarMatrix, Matrix)
UNROLL_OF_TWO(Matrix, VarMatrix)
UNROLL_OF_TWO(DualVector, DualVector)
UNROLL_OF_TWO(DualVector, Vector)
UNROLL_OF_TWO(Vector, DualVector)
UNROLL_OF_TWO(DualMatrix, DualMatrix)
UNROLL_OF_TWO(DualMatrix, Matrix)
UNROLL_OF_TWO(Matrix, DualMatrix)
#undef UNROLL_OF_TWO

}  // namespace unroll::ad
