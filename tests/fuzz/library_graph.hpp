#pragma once

#include <array>
#include <stdexcept>

#include "fuzz/graph_constants.hpp"
#include "support/function_cases.hpp"
#include "unroll/ad/along.hpp"
#include "unroll/ad/gradient.hpp"

/// A graph in a world of the library: V is Vector, DualVector or VarVector.
namespace unroll::fuzz {

/// Whether arguments are brought to where functions are smooth and systems well-conditioned, or are taken as
/// they are.
enum class Arguments : bool { tame, as_they_are };

template <class V>
struct LibraryGraph {
  using M = matrix_t<V>;
  using S = scalar_t<V>;
  Index n;
  Arguments arguments;
  std::array<V, registers> v;
  std::array<M, registers> m;
  std::array<S, registers> s;

  explicit LibraryGraph(const V& x)
      : n(x.size()),
        arguments(Arguments::tame),
        v{x, V(0.5 * x), V(Vector(Vector::LinSpaced(n, -1, 1)))},
        m{outer(x, x), M(Matrix(Matrix::Identity(n, n))), outer(v[2], x)},
        s{S(sum(x)), n > 0 ? S(x[0]) : S(0.5), S(0.75)} {}
  /// Registers that hold the entries of x and y, and nothing that was computed.
  LibraryGraph(const V& x, const V& y)
      : n(x.size()),
        arguments(Arguments::as_they_are),
        v{x, y, V(Vector(Vector::LinSpaced(n, -1, 1)))},
        m{repeat_columns(x, n), repeat_rows(y, n), diagonal_matrix(x)},
        s{S(x[0]), S(y[n - 1]), S(0.75)} {}

  void run(const Instruction& step) {
    if (!entrywise(step) && !shapes(step) && !linear(step) && !systems(step) && !scalars(step) &&
        !handles(step))
      throw std::logic_error("an operation without a meaning");
  }

  /// A scalar that depends on every register.
  S result() const {
    S y = 0.0;
    for (std::size_t r = 0; r < registers; ++r) {
      const double weight = 1.0 + 0.25 * static_cast<double>(r);
      y = S(y + weight * s[r] + sum(v[r]) - weight * sum(m[r]));
    }
    return y;
  }

 private:
  // Each false if the operation is not of its kind; see library_*.cpp.
  bool entrywise(const Instruction& step);
  bool shapes(const Instruction& step);
  bool linear(const Instruction& step);
  bool systems(const Instruction& step);
  bool scalars(const Instruction& step);
  bool handles(const Instruction& step);

  bool tame() const { return arguments == Arguments::tame; }
  const test::CaseOfOne& function_of(const Instruction& step) const {
    return test::cases_of_one()[step.number % test::cases_of_one().size()];
  }
  /// Within the interval where a list function is tested.
  template <class A>
  A within(const test::CaseOfOne& row, const A& x) const {
    if (!tame()) return x;
    const double half = 0.4 * (row.high - row.low), middle = 0.5 * (row.low + row.high);
    return A(half * tanh(x) + middle);
  }
  /// Within (1/e, e).
  template <class A>
  A positive(const A& x) const {
    return tame() ? A(exp(A(tanh(x)))) : x;
  }
  /// At least 1.
  template <class A>
  A divisor(const A& x) const {
    return tame() ? A(square(x) + 1.0) : x;
  }
  /// Diagonally dominant: (n + 1) I + tanh X.
  M general(const M& x) const {
    return tame() ? M(tanh(x) + Matrix(static_cast<double>(n + 1) * Matrix::Identity(n, n))) : x;
  }
  /// I + tanh(X) tanh(X)ᵀ below and on the diagonal; above it, which nobody shall read, y.
  M definite(const M& x, const M& y) const {
    if (!tame()) return x;
    const M t = tanh(x);
    const M symmetric = M(M(t * transpose(t)) + Matrix(Matrix::Identity(n, n)));
    return where(Matrix(Matrix::Ones(n, n).template triangularView<Eigen::Lower>()), symmetric, y);
  }
  /// A function of two of a list of six; A and B are arrays, scalars or numbers.
  template <class R, class A, class B>
  R of_two(std::size_t which, const A& a, const B& b) const {
    switch (which % 6) {
      case 0:
        return R(pow(positive(a), b));
      case 1:
        return R(atan2(a, positive(b)));
      case 2:
        return R(hypot(a, positive(b)));
      case 3:
        return R(max(a, b));
      case 4:
        return R(min(a, b));
      default:
        return R(huber(a, positive(b)));
    }
  }
};

}  // namespace unroll::fuzz

/// At the end of a library_*.cpp: what it defines, in every world.
#define UNROLL_FUZZ_WORLDS(kind)                                    \
  namespace unroll::fuzz {                                          \
  template bool LibraryGraph<Vector>::kind(const Instruction&);     \
  template bool LibraryGraph<DualVector>::kind(const Instruction&); \
  template bool LibraryGraph<VarVector>::kind(const Instruction&);  \
  }
