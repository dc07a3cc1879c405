#include "unroll/ad/elementwise.hpp"

#include <fmt/format.h>

#include "unroll/ad/scale.hpp"

namespace unroll::ad {

namespace {

// Slopes are computed once for all columns, in strips that stay in the first cache.
constexpr Index strip = 256;
using Strip = Eigen::Array<double, Eigen::Dynamic, 1, 0, strip, 1>;

template <class Expression>
void put(Block& out, Index column, Index first, Index count, Into into, const Expression& value) {
  auto part = out.col(column).segment(first, count).array();
  if (into == Into::assign)
    part = value;
  else
    part += value;
}

template <class F>
struct Elementwise {
  static constexpr std::array<unsigned, 1> needed_for{F::saves_output ? 0U : 1U};
  static constexpr bool reads_output = F::saves_output;

  static void evaluate(const ConstBlock& x, Block y) {
    y.col(0).array() = F::value(x.col(0).array());
    if (y.cols() == 1) return;
    const double* saved = F::saves_output ? y.data() : x.data();
    for (Index first = 0; first < y.rows(); first += strip) {
      const Index count = std::min(strip, y.rows() - first);
      const Eigen::Map<const Eigen::ArrayXd> s(saved + first, count);
      Strip slope = Strip::Ones(count) * F::slope(s);
      for (Index j = 1; j < y.cols(); ++j)
        put(y, j, first, count, Into::assign, slope * x.col(j).segment(first, count).array());
    }
  }

  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock saved = [&p] {
      if constexpr (F::saves_output)
        return p.output();
      else
        return p.template in<0>();
    }();
    p.template add<0>([&](Block x_bar, Into into) {
      if (x_bar.cols() == 1)
        put(x_bar, 0, 0, x_bar.rows(), into,
            y_bar.scale * F::slope(saved.col(0).array()) * y_bar.block.col(0).array());
      else
        pull_columns(x_bar, into, saved, y_bar);
    });
  }

  // x̄_j += slope ∘ ȳ_j, and on a tape with tangents also slope'(s) ∘ ṡ_j ∘ ȳ_0.
  static void pull_columns(Block& x_bar, Into into, const ConstBlock& saved, const ScaledBlock& y_bar) {
    for (Index first = 0; first < x_bar.rows(); first += strip) {
      const Index count = std::min(strip, x_bar.rows() - first);
      const Eigen::Map<const Eigen::ArrayXd> s(saved.data() + first, count);
      const Strip slope = Strip::Constant(count, y_bar.scale) * F::slope(s);
      for (Index j = 0; j < x_bar.cols(); ++j)
        put(x_bar, j, first, count, into, slope * y_bar.block.col(j).segment(first, count).array());
      if (saved.cols() == 1) continue;
      const Strip bend =
          y_bar.scale * F::slope_derivative(s) * y_bar.block.col(0).segment(first, count).array();
      for (Index j = 1; j < x_bar.cols(); ++j)
        put(x_bar, j, first, count, Into::accumulate, bend * saved.col(j).segment(first, count).array());
    }
  }
};

struct Product {
  static constexpr std::array<unsigned, 2> needed_for{2U, 1U};
  static constexpr bool reads_output = false;
  static void evaluate(const ConstBlock& a, const ConstBlock& b, Block y) {
    multiply(y, a, b, 1, Into::assign);
  }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>(
        [&](Block a_bar, Into into) { multiply(a_bar, p.template in<1>(), y_bar.block, y_bar.scale, into); });
    p.template add<1>(
        [&](Block b_bar, Into into) { multiply(b_bar, p.template in<0>(), y_bar.block, y_bar.scale, into); });
  }
};

struct Scale {
  static constexpr std::array<unsigned, 2> needed_for{2U, 1U};
  static constexpr bool reads_output = false;
  static void evaluate(const ConstBlock& s, const ConstBlock& x, Block y) { scale(y, s, x, 1, Into::assign); }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    if (p.template in<0>().cols() == 1)
      p.template pass<1>(p.template in<0>()(0, 0));
    else
      p.template add<1>(
          [&](Block x_bar, Into into) { scale(x_bar, p.template in<0>(), y_bar.block, y_bar.scale, into); });
    p.template add<0>(
        [&](Block s_bar, Into into) { dot(s_bar, p.template in<1>(), y_bar.block, y_bar.scale, into); });
  }
};

// 1/x: a quotient is a product with it.
struct Reciprocal {
  static constexpr bool saves_output = true;
  template <class T>
  static auto value(const T& x) {
    return 1.0 / x;
  }
  template <class T>
  static auto slope(const T& y) {
    return -y * y;
  }
  template <class T>
  static auto slope_derivative(const T& y) {
    return -2.0 * y;
  }
};

// x^c; reads x. The exponent is a constant of the rule, so this one is an object.
struct Power {
  static constexpr std::array<unsigned, 1> needed_for{1U};
  static constexpr bool reads_output = false;
  double exponent;

  template <class T>
  auto slope(const T& x) const {
    return exponent * x.pow(exponent == 0 ? 0.0 : exponent - 1);
  }
  template <class T>
  auto bend(const T& x) const {
    const double factor = exponent * (exponent - 1);
    return factor * x.pow(factor == 0 ? 0.0 : exponent - 2);
  }
  void evaluate(const ConstBlock& x, Block y) const {
    const auto value = x.col(0).array();
    y.col(0) = value.pow(exponent);
    for (Index j = 1; j < y.cols(); ++j) y.col(j) = slope(value) * x.col(j).array();
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock x = p.template in<0>();
    p.template add<0>([&](Block x_bar, Into into) {
      const auto value = x.col(0).array();
      for (Index j = 0; j < x_bar.cols(); ++j) {
        put(x_bar, j, 0, x_bar.rows(), into, y_bar.scale * slope(value) * y_bar.block.col(j).array());
        if (j > 0 && x.cols() > 1)
          put(x_bar, j, 0, x_bar.rows(), Into::accumulate,
              y_bar.scale * bend(value) * x.col(j).array() * y_bar.block.col(0).array());
      }
    });
  }
};

// max(a, b), or min: every entry passes to the operand it came from; a tie, and a NaN in a, to a.
template <bool take_larger>
struct Choose {
  static constexpr std::array<unsigned, 2> needed_for{3U, 3U};
  static constexpr bool reads_output = false;
  static bool first(double a, double b) { return (take_larger ? a >= b : a <= b) || a != a; }

  static void evaluate(const ConstBlock& a, const ConstBlock& b, Block y) {
    for (Index i = 0; i < y.rows(); ++i) {
      const ConstBlock& from = first(a(i, 0), b(i, 0)) ? a : b;
      for (Index j = 0; j < y.cols(); ++j) y(i, j) = j < from.cols() ? from(i, j) : 0.0;
    }
  }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock a = p.template in<0>();
    const ConstBlock b = p.template in<1>();
    const auto mask = [&](bool of_first) {
      return a.col(0)
          .binaryExpr(b.col(0),
                      [of_first](double u, double v) { return first(u, v) == of_first ? 1.0 : 0.0; })
          .array();
    };
    const auto give = [&](Block& bar, Into into, bool of_first) {
      for (Index j = 0; j < bar.cols(); ++j)
        put(bar, j, 0, bar.rows(), into, y_bar.scale * mask(of_first) * y_bar.block.col(j).array());
    };
    p.template add<0>([&](Block a_bar, Into into) { give(a_bar, into, true); });
    p.template add<1>([&](Block b_bar, Into into) { give(b_bar, into, false); });
  }
};

template <class A>
Shape shape_of(const A& x) {
  return {x.rows(), x.cols()};
}
template <class A, class B>
Shape same_shape(const A& a, const B& b, const char* operation) {
  if (a.rows() != b.rows() || a.cols() != b.cols())
    throw ShapeError(
        fmt::format("{}: left is {}x{}, right is {}x{}", operation, a.rows(), a.cols(), b.rows(), b.cols()));
  return shape_of(a);
}

}  // namespace

template <class F, class A>
A elementwise(const A& x) {
  return evaluate_array<A>(Elementwise<F>{}, shape_of(x), x);
}
template <class A>
A power(const A& x, double exponent) {
  return evaluate_array<A>(Power{exponent}, shape_of(x), x);
}
template <class A, class B>
common_array_t<A, B> product(const A& a, const B& b) {
  return evaluate_array<common_array_t<A, B>>(Product{}, same_shape(a, b, "cwise_product"), a, b);
}
template <class A, class B>
common_array_t<A, B> quotient(const A& a, const B& b) {
  same_shape(a, b, "cwise_quotient");
  return product(a, elementwise<Reciprocal, B>(b));
}
template <class A, class B>
common_array_t<A, B> larger(const A& a, const B& b) {
  return evaluate_array<common_array_t<A, B>>(Choose<true>{}, same_shape(a, b, "max"), a, b);
}
template <class A, class B>
common_array_t<A, B> smaller(const A& a, const B& b) {
  return evaluate_array<common_array_t<A, B>>(Choose<false>{}, same_shape(a, b, "min"), a, b);
}

#define UNROLL_SCALE(A, S) \
  A scale_array(const S& s, const A& x) { return evaluate_array<A>(Scale{}, shape_of(x), s, x); }
UNROLL_SCALE(VarVector, Var)
UNROLL_SCALE(VarMatrix, Var)
UNROLL_SCALE(DualVector, Dual)
UNROLL_SCALE(DualMatrix, Dual)
#undef UNROLL_SCALE

// The closed sets.
#define UNROLL_OF_ONE(A)                         \
  template A elementwise<Exp, A>(const A&);      \
  template A elementwise<Log, A>(const A&);      \
  template A elementwise<Log1p, A>(const A&);    \
  template A elementwise<Expm1, A>(const A&);    \
  template A elementwise<Sqrt, A>(const A&);     \
  template A elementwise<Square, A>(const A&);   \
  template A elementwise<Sin, A>(const A&);      \
  template A elementwise<Cos, A>(const A&);      \
  template A elementwise<Tanh, A>(const A&);     \
  template A elementwise<Sigmoid, A>(const A&);  \
  template A elementwise<Softplus, A>(const A&); \
  template A elementwise<Abs, A>(const A&);      \
  template A power<A>(const A&, double);
UNROLL_OF_ONE(Vector)
UNROLL_OF_ONE(Matrix)
UNROLL_OF_ONE(VarVector)
UNROLL_OF_ONE(VarMatrix)
UNROLL_OF_ONE(DualVector)
UNROLL_OF_ONE(DualMatrix)
#undef UNROLL_OF_ONE

#define UNROLL_OF_TWO(A, B)                                         \
  template common_array_t<A, B> product<A, B>(const A&, const B&);  \
  template common_array_t<A, B> quotient<A, B>(const A&, const B&); \
  template common_array_t<A, B> larger<A, B>(const A&, const B&);   \
  template common_array_t<A, B> smaller<A, B>(const A&, const B&);
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
