#include <algorithm>
#include <cmath>

#include "unroll/unroll.hpp"

// Functions and types of the names that the library has: in a namespace of their own, and beside `using
// namespace unroll`.
namespace theirs {
template <class T>
T sigmoid(T x) {
  using std::exp;
  return T(1.0 / (1.0 + exp(-x)));
}
template <class T>
T square(const T& x) {
  return T(x * x);
}
struct F {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    using S = unroll::scalar_t<V>;
    using unroll::max;
    return sigmoid(S(x[0] * theta[0])) + square(S(x[1])) + max(x[0], 0.0) + max(x[0], x[1]) + max(1, x[1]);
  }
};
auto problem() { return unroll::make_problem(F{}, 2, 1); }
}  // namespace theirs

using namespace unroll;

template <class T>
auto softplus(const T& x) {
  using std::exp, std::log1p;
  return log1p(exp(x));
}
struct Ridge {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    using std::max;
    return softplus(x[0]) * theta[0] + max(x[0], 0.0);
  }
};
struct Logistic {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return max(x[0], 0.0) + max(x[0], theta[0]);
  }
};
double number() { return softplus(0.3) + theirs::sigmoid(0.3) + softplus(2); }
auto ours() { return make_problem(Ridge{}, 1, 1); }
auto another() { return make_problem(Logistic{}, 1, 1); }
