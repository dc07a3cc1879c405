#include "unroll/unroll.hpp"

// `using std::exp;` and `using unroll::exp;` of numbers, variables and arrays: the library's own is found,
// where std has none.
using namespace unroll;

template <class S, class V>
S of_scalars(const S& x, const V& v) {
  using std::abs, std::exp, std::hypot, std::isnan, std::max, std::pow;
  if (isnan(x)) return x > 0 ? x : 0.0;
  return S(max(x, 0.0) + max(0.0, x) + max(x, x) + exp(x) + pow(x, 2) + pow(2.0, x) + pow(x, x) +
           hypot(x, x) + abs(x * x) + exp(v[0]) + max(x * 2.0, x + 1.0));
}
template <class S, class V>
S of_arrays(const S& x, const V& v) {
  using std::exp, std::max, std::pow;
  using unroll::exp, unroll::max, unroll::pow;
  const V w = exp(v) + max(v, 0.0) + max(v, x) + pow(v, 2) + exp(v + v) + max(v + v, 0.0) + pow(v + v, 2);
  return S(sum(w) + exp(x) + max(x, 0.0) + pow(x, 2));
}
double numbers(double x, const Vector& v) {
  return of_scalars(x, v) + of_arrays(x, v) + std::max(1, 2) + std::exp(1.0f);
}
Var variables(const Var& x, const VarVector& v) {
  using std::exp;
  return of_scalars(x, v) + of_arrays(x, v) + sum(exp(v));
}
Dual duals(const Dual& x, const DualVector& v) {
  using std::exp;
  return of_scalars(x, v) + of_arrays(x, v) + sum(exp(v));
}
