#include "ad/adaptors.hpp"
#include "ad/bilinear.hpp"
#include "ad/instantiate.hpp"
#include "unroll/ad/elementwise.hpp"

namespace unroll::ad {

namespace {

struct KernelsOfTwo {
  void (*evaluate)(const ConstBlock& a, const ConstBlock& b, Block& y);
  // Adds to the adjoint of an operand.
  void (*pull_a)(const ConstBlock& a, const ConstBlock& b, const ScaledBlock& y_bar, Block& bar);
  void (*pull_b)(const ConstBlock& a, const ConstBlock& b, const ScaledBlock& y_bar, Block& bar);
};
/// f(i, a_i, b_i) for every entry, by pointers.
template <class F>
void for_entries(const ConstBlock& a, const ConstBlock& b, Index size, const F& f) {
  const double *as = a.data(), *bs = b.data();
  if (a.rows() == size && b.rows() == size) {
    for (Index i = 0; i < size; ++i) f(i, as[i], bs[i]);
  } else if (a.rows() == size) {
    const double v = bs[0];
    for (Index i = 0; i < size; ++i) f(i, as[i], v);
  } else {
    const double u = as[0];
    for (Index i = 0; i < size; ++i) f(i, u, bs[i]);
  }
}
template <class F>
void evaluate_of_two(const ConstBlock& a, const ConstBlock& b, Block& y) {
  double* const values = y.data();
  if (y.cols() == 1)
    return for_entries(a, b, y.rows(), [values](Index i, double u, double v) { values[i] = F::value(u, v); });
  for (Index i = 0; i < y.rows(); ++i) {
    const double u = entry(a, i, 0), v = entry(b, i, 0);
    values[i] = F::value(u, v);
    const double in_a = F::partial_a(u, v, values[i]), in_b = F::partial_b(u, v, values[i]);
    for (Index j = 1; j < y.cols(); ++j)
      y(i, j) = chain_through<F>(in_a, entry(a, i, j)) + chain_through<F>(in_b, entry(b, i, j));
    for (Index j = 1; j < y.half(); ++j)
      y(i, y.half() + j) = last_of(value_of_two<F>(jet(a, i, j, y.half()), jet(b, i, j, y.half())));
  }
}
template <class F, bool of_first, class T>
T partial_of(T a, T b, T y) {
  if constexpr (of_first)
    return F::partial_a(a, b, y);
  else
    return F::partial_b(a, b, y);
}
template <class F, bool of_first>
void pull_of_two(const ConstBlock& a, const ConstBlock& b, const ScaledBlock& y_bar, Block& bar) {
  const Index size = y_bar.block.rows(), columns = bar.cols();
  const double *seeds = y_bar.block.data(), scale = y_bar.scale;
  double* const out = bar.data();
  const auto slope = [scale](double u, double v) {
    return scale * partial_of<F, of_first>(u, v, F::value(u, v));
  };
  if (columns == 1 && bar.rows() == size)
    return for_entries(
        a, b, size, [&](Index i, double u, double v) { out[i] += chain_through<F>(slope(u, v), seeds[i]); });
  const bool varies = a.cols() > 1 || b.cols() > 1;
  const Index half = half_of(a, b);
  for (Index i = 0; i < size; ++i) {
    const double u = entry(a, i, 0), v = entry(b, i, 0), slope_here = slope(u, v);
    out[at(bar, i)] += chain_through<F>(slope_here, seeds[i]);
    for (Index j = 1; j < columns; ++j) {
      double& sum = bar(at(bar, i), j);
      sum += chain_through<F>(slope_here, y_bar.block(i, j));
      if (!varies || F::is_selection) continue;
      if (is_mixed(j, half)) {
        const Jet of_a = jet(a, i, j - half, half), of_b = jet(b, i, j - half, half),
                  partial = partial_of<F, of_first>(of_a, of_b, value_of_two<F>(of_a, of_b));
        sum += chain(partial.tangent.tangent, scale * seeds[i]) +
               chain(partial.value.tangent, scale * y_bar.block(i, half)) +
               chain(partial.tangent.value, scale * y_bar.block(i, j - half));
      } else {
        const Pair of_a(u, entry(a, i, j)), of_b(v, entry(b, i, j));
        const Pair partial = partial_of<F, of_first>(of_a, of_b, value_of_two<F>(of_a, of_b));
        sum += chain(partial.tangent, scale * seeds[i]);
      }
    }
  }
}
template <class F>
constexpr KernelsOfTwo kernels_of_two{&evaluate_of_two<F>, &pull_of_two<F, true>, &pull_of_two<F, false>};
const KernelsOfTwo& kernels(FunctionOfTwo f) {
  static constexpr KernelsOfTwo all[] = {
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) kernels_of_two<Elementary<FunctionOfTwo::name>>,
#include "unroll/ad/function_list.hpp"
  };
  return all[static_cast<std::size_t>(f)];
}

struct OfTwo {
  static constexpr std::array<unsigned, 2> needed_for{3U, 3U};
  static constexpr bool reads_output = false;
  FunctionOfTwo f;

  void evaluate(const ConstBlock& a, const ConstBlock& b, Block y) const { kernels(f).evaluate(a, b, y); }
  template <class P>
  void pullback(P& p) const {
    const auto pull_by = [&](auto kernel) {
      return [&p, kernel](Block bar, Into into) {
        if (into == Into::assign) bar.setZero();
        kernel(p.template in<0>(), p.template in<1>(), p.adjoint(), bar);
      };
    };
    p.template add<0>(pull_by(kernels(f).pull_a));
    p.template add<1>(pull_by(kernels(f).pull_b));
  }
};

template <class A, class B>
Shape shape_of_both(const char* name, const A& a, const B& b) {
  if constexpr (std::is_arithmetic_v<A> || std::is_same_v<A, Var> || std::is_same_v<A, Dual>)
    return shape_of(b);
  else if constexpr (std::is_arithmetic_v<B> || std::is_same_v<B, Var> || std::is_same_v<B, Dual>)
    return shape_of(a);
  else
    return same_shape(name, shape_of(a), shape_of(b));
}

}  // namespace

template <class A, class B>
erased_result_t<A, B> elementwise(FunctionOfTwo f, const char* name, const A& a, const B& b) {
  return evaluate_rule<Kind::array>(OfTwo{f}, shape_of_both(name, a, b), a, b);
}

#define UNROLL_PAIR(A, B) \
  template erased_result_t<A, B> elementwise<A, B>(FunctionOfTwo, const char*, const A&, const B&);
UNROLL_FOR_ERASED_PAIRS(UNROLL_PAIR)
#define UNROLL_WITH_NUMBER(A, S) UNROLL_PAIR(A, S) UNROLL_PAIR(S, A)
UNROLL_WITH_NUMBER(PlainView, double)
UNROLL_WITH_NUMBER(VarArray, Var)
UNROLL_WITH_NUMBER(DualArray, Dual)
#undef UNROLL_WITH_NUMBER
#undef UNROLL_PAIR

}  // namespace unroll::ad
