#include "unroll/ad/functions.hpp"

#include "ad/instantiate.hpp"
#include "unroll/ad/elementwise.hpp"

namespace unroll::ad {

namespace {

using In = Eigen::Map<const Eigen::ArrayXd>;
using Out = Eigen::Map<Eigen::ArrayXd>;

// Slopes are computed once for all columns, in strips that stay in the first cache.
constexpr Index strip = 256;
using Strip = Eigen::Array<double, Eigen::Dynamic, 1, 0, strip, 1>;

// y = rule(x), by Eigen's packets where the rule is written for arrays, else entry by entry.
template <class Rule>
void fill(const double* x, double* y, Index size, const Rule& rule) {
  if constexpr (requires(In in) { rule(in); }) {
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(rule(In(x, size)))>>)
      std::fill_n(y, size, rule(In(x, size)));
    else
      Out(y, size) = rule(In(x, size));
  } else {
    for (Index i = 0; i < size; ++i) y[i] = rule(x[i]);
  }
}

template <class Expression>
void put(Block& out, Index column, Index first, Into into, const Expression& value) {
  auto part = out.col(column).segment(first, value.size()).array();
  if (into == Into::assign)
    part = value;
  else
    part += value;
}
template <class A, class B>
auto chained(const A& slope, const B& cotangent) {
  return slope.binaryExpr(cotangent, packet::Chain{});
}
// Of a product both of whose factors may be infinite: 0 where either is 0.
template <class A, class B>
Strip crossed(const A& a, const B& b) {
  return (a == 0.0).select(0.0, chained(a, b));
}

// x̄ (+)= slope ∘ scale ȳ for one column in one pass, where the slope is written for arrays.
using PullColumn = void (*)(Block& x_bar, Into into, const double* s, const ScaledBlock& y_bar);
template <class F>
constexpr PullColumn pull_of() {
  if constexpr (requires(In s) { F::slope(s).sqrt(); })
    return [](Block& x_bar, Into into, const double* s, const ScaledBlock& y_bar) {
      const auto cotangent = y_bar.scale * y_bar.block.col(0).array();
      put(x_bar, 0, 0, into, chained(F::slope(In(s, x_bar.rows())), cotangent));
    };
  else
    return nullptr;
}

#define UNROLL_RULE(rule) [](const auto& of) -> decltype(F::rule(of)) { return F::rule(of); }

// A function of one variable over many numbers.
struct Kernels {
  using Kernel = void (*)(const double* x, double* y, Index size);
  Kernel value, slope, bend, twist;
  PullColumn pull;  // null: by strips
  bool saves_output, is_selection;
};
template <class F>
constexpr Kernels kernels_of{
    [](const double* x, double* y, Index size) { fill(x, y, size, UNROLL_RULE(value)); },
    [](const double* s, double* y, Index size) { fill(s, y, size, UNROLL_RULE(slope)); },
    [](const double* s, double* y, Index size) { fill(s, y, size, UNROLL_RULE(bend)); },
    [](const double* s, double* y, Index size) { fill(s, y, size, UNROLL_RULE(twist)); },
    pull_of<F>(),
    F::saves_output,
    F::is_selection};
#undef UNROLL_RULE

const Kernels& kernels(Function f) {
  static constexpr Kernels all[] = {
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) \
  kernels_of<Elementary<Function::name>>,
#include "unroll/ad/function_list.hpp"
  };
  return all[static_cast<std::size_t>(f)];
}

// A rule over strips by `Mine`, Kernels or what has their members; the saved block is the output or the
// operand.
template <class Mine, bool saves_output>
struct Entrywise {
  static constexpr std::array<unsigned, 1> needed_for{saves_output ? 0U : 1U};
  static constexpr bool reads_output = saves_output;
  Mine mine;

  void evaluate(const ConstBlock& x, Block y) const {
    mine.value(x.data(), y.data(), y.rows());
    if (y.cols() == 1) return;
    const double* saved = saves_output ? y.data() : x.data();
    Strip slope;
    for (Index first = 0; first < y.rows(); first += strip) {
      slope.resize(std::min(strip, y.rows() - first));
      mine.slope(saved + first, slope.data(), slope.size());
      const auto part = [&](const auto& block, Index j) {
        return In(block.col(j).data() + first, slope.size());
      };
      for (Index j = 1; j < y.cols(); ++j) put_through(y, j, first, Into::assign, slope, part(x, j));
      if (y.half() == 0) continue;
      mine.bend(saved + first, slope.data(), slope.size());
      for (Index j = y.half() + 1; j < y.cols(); ++j)
        put(y, j, first, Into::accumulate,
            chained(slope, part(saves_output ? ConstBlock(y) : x, j - y.half()) * part(x, y.half())));
    }
  }

  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock saved = [&p] {
      if constexpr (saves_output)
        return p.output();
      else
        return p.template in<0>();
    }();
    p.template add<0>([&](Block x_bar, Into into) {
      if (x_bar.cols() == 1 && mine.pull != nullptr) return mine.pull(x_bar, into, saved.data(), y_bar);
      for (Index first = 0; first < x_bar.rows(); first += strip)
        pull_strip(x_bar, into, first, saved, y_bar);
    });
  }

  // The chain rule's step; what a selection does not take adds nothing, though it be infinite.
  void put_through(Block& out, Index column, Index first, Into into, const Strip& slope, const In& in) const {
    if (mine.is_selection)
      put(out, column, first, into, crossed(slope, in));
    else
      put(out, column, first, into, chained(slope, in));
  }
  // x̄ = S ȳ for the slope S with its tangents, which are bend ∘ s_j, and twist ∘ s_j ∘ s_h in a mixed column.
  void pull_strip(Block& x_bar, Into into, Index first, const ConstBlock& saved,
                  const ScaledBlock& y_bar) const {
    const Index count = std::min(strip, x_bar.rows() - first);
    const auto part = [&](const ConstBlock& block, Index j) {
      return In(block.col(j).data() + first, count);
    };
    Strip slope(count);
    mine.slope(saved.data() + first, slope.data(), count);
    if (y_bar.scale != 1) slope *= y_bar.scale;
    for (Index j = 0; j < x_bar.cols(); ++j) put_through(x_bar, j, first, into, slope, part(y_bar.block, j));
    if (saved.cols() == 1 || x_bar.cols() == 1 || mine.is_selection) return;
    mine.bend(saved.data() + first, slope.data(), count);
    if (y_bar.scale != 1) slope *= y_bar.scale;
    const Index half = saved.half();
    for (Index j = 1; half > 0 && j < half; ++j)
      put(x_bar, half + j, first, Into::accumulate,
          crossed(slope, crossed(part(saved, j), part(y_bar.block, half)) +
                             crossed(part(saved, half), part(y_bar.block, j))));
    slope = chained(slope, part(y_bar.block, 0)).eval();
    for (Index j = 1; j < x_bar.cols(); ++j)
      put(x_bar, j, first, Into::accumulate, crossed(slope, part(saved, j)));
    if (half == 0) return;
    mine.twist(saved.data() + first, slope.data(), count);
    slope = chained(slope, y_bar.scale * part(y_bar.block, 0)).eval();
    for (Index j = 1; j < half; ++j)
      put(x_bar, half + j, first, Into::accumulate,
          crossed(slope, crossed(part(saved, j), part(saved, half))));
  }
};

// Where value and slope share their work, a tape without tangents keeps the slope in place of x.
struct SlopeKept {
  using Kernel = void (*)(const double* x, double* y, double* slopes, Index size);
  static constexpr std::array<unsigned, 1> needed_for{0U};
  static constexpr bool reads_output = false;
  Kernel value_and_slope;
  double* slopes;

  /// Null for a function that has none.
  static Kernel kernel(Function f) {
    if (f == Function::tanh) return packet::fill_with_slopes<packet::Tanh>;
    if (f == Function::sigmoid) return packet::fill_with_slopes<packet::Sigmoid>;
    return nullptr;
  }
  void evaluate(const ConstBlock& x, Block y) const { value_and_slope(x.data(), y.data(), slopes, y.rows()); }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block x_bar, Into into) {
      const In slope(slopes, x_bar.rows());
      for (Index j = 0; j < x_bar.cols(); ++j) {
        const auto cotangent = y_bar.block.col(j).array();
        if (y_bar.scale == 1)
          put(x_bar, j, 0, into, chained(slope, cotangent));
        else
          put(x_bar, j, 0, into, chained(slope, y_bar.scale * cotangent));
      }
    });
  }
};

struct Power {
  double c;  // the exponent
  static constexpr PullColumn pull = nullptr;
  static constexpr bool is_selection = false;
  // factor · x^power: products for the usual powers, which take a tenth of the time.
  static void raise(double factor, double power, const double* x, double* y, Index size) {
    const In base(x, size);
    Out out(y, size);
    if (factor == 0 || power == 0)
      out = factor;
    else if (power == 1)
      out = factor * base;
    else if (power == 2)
      out = factor * base.square();
    else if (power == 3)
      out = factor * base.cube();
    else
      out = factor * base.pow(power);
  }
  void value(const double* x, double* y, Index size) const { raise(1, c, x, y, size); }
  void slope(const double* x, double* y, Index size) const { raise(c, c - 1, x, y, size); }
  void bend(const double* x, double* y, Index size) const { raise(c * (c - 1), c - 2, x, y, size); }
  void twist(const double* x, double* y, Index size) const {
    raise(c * (c - 1) * (c - 2), c - 3, x, y, size);
  }
};

template <class A>
A evaluate_listed(Function f, const A& x) {
  const Kernels& k = kernels(f);
  if (k.saves_output) return evaluate_array<A>(Entrywise<const Kernels&, true>{k}, shape_of(x), x);
  return evaluate_array<A>(Entrywise<const Kernels&, false>{k}, shape_of(x), x);
}

}  // namespace

void elementwise(Function f, const double* x, double* y, Index size) { kernels(f).value(x, y, size); }
VarArray elementwise(Function f, const VarArray& x) {
  const SlopeKept::Kernel kernel = SlopeKept::kernel(f);
  if (kernel == nullptr || x.is_constant() || x.core()->tangents > 0) return evaluate_listed(f, x);
  const auto bytes = static_cast<std::size_t>(x.size()) * sizeof(double);
  auto* slopes = static_cast<double*>(x.core()->values.allocate(bytes, 64));
  return evaluate_array<VarArray>(SlopeKept{kernel, slopes}, shape_of(x), x);
}
DualArray elementwise(Function f, const DualArray& x) { return evaluate_listed(f, x); }

template <class E>
erased_result_t<E> raised(const E& x, double exponent) {
  return evaluate_rule<Kind::array>(Entrywise<Power, false>{{exponent}}, shape_of(x), x);
}
#define UNROLL_RAISED(E) template erased_result_t<E> raised<E>(const E&, double);
UNROLL_FOR_ERASED(UNROLL_RAISED)
#undef UNROLL_RAISED

}  // namespace unroll::ad
