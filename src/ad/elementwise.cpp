#include "unroll/ad/elementwise.hpp"

#include "ad/adaptors.hpp"
#include "ad/bilinear.hpp"
#include "ad/instantiate.hpp"

namespace unroll::ad {

namespace {

struct Product {
  static constexpr auto value = multiply, left = multiply_cotangent, right = multiply_cotangent;
};

// A product with a mask of ones and zeros, under which nothing is left, not even of what is infinite or NaN.
struct Masked {
  static constexpr auto value = multiply_cotangent, left = multiply_cotangent;
  static void right(Block x, const ConstBlock& y, const ConstBlock& mask, double alpha, Into into) {
    multiply_cotangent(x, mask, y, alpha, into);
  }
};

// Of y = a/b: w = ȳ/b goes to a, and −product(y, w) to b. Where b is 0, entries of which nobody asks give
// nothing: of a tape with tangents those of which no column asks, else each seed's own.
template <class Rule, class P, class Product>
void pull_ratio(P& p, const Product& product) {
  const ScaledBlock y_bar = p.adjoint();
  const ConstBlock b = p.template in<1>(), y = p.output();
  const Index rows = y_bar.block.rows(), columns = y_bar.block.cols(), half = y_bar.block.half();
  const Sweeper::Adjoint made = p.template fresh<0>();
  Block w(made.buffer->data, rows, columns, half);
  Rule::divide(w, y_bar.block, b, Quotients::of_cotangents);
  const Index together = p.sweeper().core().tangents > 0 ? columns : 1;  // columns that are asked as one
  if (!(b.col(0).array() == 0).any()) {
    p.template add<1>([&](Block b_bar, Into into) { product(b_bar, y, w, -y_bar.scale, into); });
  } else {
    p.template add<1>([&](Block b_bar, Into into) {
      for (Index first = 0; first < columns; first += together) {
        Matrix asked = y;
        for (Index i = 0; i < rows; ++i)
          if ((y_bar.block.row(i).segment(first, together).array() == 0).all()) asked.row(i).setZero();
        product(Block(b_bar.data() + first * b_bar.rows(), b_bar.rows(), together, half),
                ConstBlock(asked.data(), rows, y.cols(), y.half()),
                ConstBlock(w.data() + first * rows, rows, together, half), -y_bar.scale, into);
      }
    });
  }
  p.template give<0>(made, y_bar.scale);
}

// y = a/b: w = ȳ/b goes to a, and −w ∘ y to b; ratios alone, which stay in the range of the operands.
struct Quotient {
  static constexpr std::array<unsigned, 2> needed_for{0U, 3U};
  static constexpr bool reads_output = true;

  static void divide(const Block& out, const ConstBlock& x, const ConstBlock& b, Quotients quotients) {
    ad::divide(
        out, x, [&b](Index j) { return b.col(j).array(); }, b.cols(), half_of(out, x, b), quotients);
  }
  static void evaluate(const ConstBlock& a, const ConstBlock& b, Block y) {
    divide(y, a, b, Quotients::of_values);
  }
  template <class P>
  static void pullback(P& p) {
    if (p.sweeper().core().tangents > 0)
      return pull_ratio<Quotient>(p, [](Block bar, const ConstBlock& y, const ConstBlock& w, double alpha,
                                        Into into) { multiply_cotangent(bar, w, y, alpha, into); });
    const ScaledBlock y_bar = p.adjoint();
    const auto ratio = [&](Index j) {  // 0 where nobody depends on an entry, whatever its slope
      return y_bar.block.col(j).array().binaryExpr(p.template in<1>().col(0).array(), packet::Ratio{});
    };
    p.template add<0>([&](Block a_bar, Into into) {
      for (Index j = 0; j < a_bar.cols(); ++j) put(a_bar.col(j).array(), ratio(j), y_bar.scale, into);
    });
    p.template add<1>([&](Block b_bar, Into into) {
      for (Index j = 0; j < b_bar.cols(); ++j)
        put(b_bar.col(j).array(), p.output().col(0).array().binaryExpr(ratio(j), packet::Chain{}),
            -y_bar.scale, into);
    });
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

// y = x/s: w = ȳ/s goes to x, and −⟨y, w⟩ to s; no square of s, which may leave the range.
struct DividedBy {
  static constexpr std::array<unsigned, 2> needed_for{0U, 3U};
  static constexpr bool reads_output = true;
  static void divide(const Block& out, const ConstBlock& x, const ConstBlock& s, Quotients quotients) {
    ad::divide(
        out, x, [&s](Index j) { return s(0, j); }, s.cols(), half_of(out, x, s), quotients);
  }
  static void evaluate(const ConstBlock& x, const ConstBlock& s, Block y) {
    divide(y, x, s, Quotients::of_values);
  }
  template <class P>
  static void pullback(P& p) {
    pull_ratio<DividedBy>(p, dot);
  }
};

}  // namespace

template <class A, class B>
erased_result_t<A, B> product(const A& a, const B& b) {
  const Shape shape = same_shape("cwise_product", shape_of(a), shape_of(b));
  return evaluate_rule<Kind::array>(BilinearRule{Product{}}, shape, a, b);
}
template <class A, class B>
erased_result_t<A, B> quotient(const A& a, const B& b) {
  const Shape shape = same_shape("cwise_quotient", shape_of(a), shape_of(b));
  return evaluate_rule<Kind::array>(Quotient{}, shape, a, b);
}
template <class E>
erased_result_t<E> masked(const Matrix& mask, const E& x) {
  const Shape shape = same_shape("where", shape_of(mask), shape_of(x));
  return evaluate_rule<Kind::array>(BilinearRule{Masked{}}, shape, mask, x);
}

VarArray scale_array(const Var& s, const VarArray& x) {
  return evaluate_array<VarArray>(Scale{}, shape_of(x), s, x);
}
DualArray scale_array(const Dual& s, const DualArray& x) {
  return evaluate_array<DualArray>(Scale{}, shape_of(x), s, x);
}
VarArray divide_array(const VarArray& x, const Var& s) {
  return evaluate_array<VarArray>(DividedBy{}, shape_of(x), x, s);
}
DualArray divide_array(const DualArray& x, const Dual& s) {
  return evaluate_array<DualArray>(DividedBy{}, shape_of(x), x, s);
}

#define UNROLL_OF_ONE(E) template erased_result_t<E> masked<E>(const Matrix&, const E&);
UNROLL_FOR_ERASED(UNROLL_OF_ONE)
#undef UNROLL_OF_ONE
#define UNROLL_OF_TWO(A, B)                                         \
  template erased_result_t<A, B> product<A, B>(const A&, const B&); \
  template erased_result_t<A, B> quotient<A, B>(const A&, const B&);
UNROLL_FOR_ERASED_PAIRS(UNROLL_OF_TWO)
#undef UNROLL_OF_TWO

}  // namespace unroll::ad
