#pragma once

#include <vector>

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

/// A scalar that carries derivatives in the state: a step size that follows 1/(L (1 + r)), where r = ‖∇f‖²/(1
/// + ‖∇f‖²).
struct Following {
  double largest_eigenvalue;

  template <class V>
  struct State {
    V x;
    scalar_t<V> step_size;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, 0.5 / largest_eigenvalue};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V g = f.gradient(s.x, theta);
    const scalar_t<V> squared = squared_norm(g);
    const scalar_t<V> wanted = 1.0 / (largest_eigenvalue * (1.0 + squared / (1.0 + squared)));
    return {s.x - s.step_size * g, 0.7 * s.step_size + 0.3 * wanted};
  }
};

/// Lists of arrays and of scalars in the state: momentum by the share of the last of three gradients in their
/// lengths.
struct Remembering {
  double step_size;

  template <class V>
  struct State {
    V x;
    std::vector<V> past;               // the newest last, at most two
    std::vector<scalar_t<V>> lengths;  // ‖∇f‖ at each
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, {}, {}};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V g = f.gradient(s.x, theta);
    State<V> next{s.x - step_size * g, s.past, s.lengths};
    next.past.push_back(s.x);
    next.lengths.push_back(norm(g));
    if (next.past.size() < 3) return next;
    const scalar_t<V> shrink = next.lengths[2] / (next.lengths[0] + next.lengths[1] + next.lengths[2]);
    next.x = V(next.x + shrink * 0.5 * (next.past[2] - next.past[1]));
    next.past.erase(next.past.begin());
    next.lengths.erase(next.lengths.begin());
    return next;
  }
};

}  // namespace unroll::test
