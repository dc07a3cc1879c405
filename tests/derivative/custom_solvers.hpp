#pragma once

#include "unroll/ad/access.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/solver/solver.hpp"

/// Solvers as a user might write them.
namespace unroll::test {

/// Two arrays and a counter: the average of the iterates of gradient descent.
struct Averaging {
  double step_size;

  template <class V>
  struct State {
    V x, last;  // n each
    int count;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0, 1};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V next = s.last - step_size * f.gradient(s.last, theta);
    return {s.x + (next - s.x) / (s.count + 1.0), next, s.count + 1};
  }
};

/// A branch on the data: momentum that grows with age and is dropped where it points uphill (O'Donoghue &
/// Candès 2015).
struct Restarting {
  double step_size;

  template <class V>
  struct State {
    V x, previous;  // n each
    int age;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0, 0};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V y = s.x + s.age / (s.age + 3.0) * (s.x - s.previous);
    const V g = f.gradient(y, theta);
    const V next = y - step_size * g;
    const bool uphill = dot(g, V(next - s.x)) > 0;
    return {next, s.x, uphill ? 0 : s.age + 1};
  }
};

/// A step size that depends on θ, hence is differentiated: 1/(L + θ_0²).
struct ThetaStep {
  double largest_eigenvalue;

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const scalar_t<V> step_size = 1.0 / (largest_eigenvalue + theta[0] * theta[0]);
    return {s.x - step_size * f.gradient(s.x, theta)};
  }
};

}  // namespace unroll::test
