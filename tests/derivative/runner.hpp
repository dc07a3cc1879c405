#pragma once

#include <functional>
#include <string>

#include "derivative/cases.hpp"
#include "unroll/derivative/jacobian.hpp"

namespace unroll::test {

/// A solver and its derivatives in reverse mode, its type forgotten.
struct Runner {
  std::string name;
  std::function<Derivative(const Case&, const SolveOptions&, const Reverse&)> jacobian;
  std::function<Vjp(const Case&, const Vector& w, const SolveOptions&, const Reverse&)> vjp;
  std::function<CheckpointPlan(const Case&, const SolveOptions&, const Reverse&, Index cotangents)> plan;
};

template <class S>
Runner runner(std::string name, const S& solver) {
  return {std::move(name),
          [=](const Case& c, const SolveOptions& o, const Reverse& m) {
            return unroll::jacobian(*c.problem, solver, c.start, c.theta, o, m);
          },
          [=](const Case& c, const Vector& w, const SolveOptions& o, const Reverse& m) {
            return unroll::vjp(*c.problem, solver, c.start, c.theta, w, o, m);
          },
          [=](const Case& c, const SolveOptions& o, const Reverse& m, Index cotangents) {
            return unroll::plan(*c.problem, solver, c.start, c.theta, o, m, cotangents);
          }};
}

/// A state of every kind of member: a scalar that depends on θ, arrays in a list that grows to three, and
/// coefficients without derivatives that cannot be made out of nothing.
struct Tallying {
  double step_size;

  struct Tally {
    explicit Tally(int n) : count(n) {}
    int count;
  };
  template <class V>
  struct State {
    V x;  // n
    scalar_t<V> rate;
    std::vector<V> past;  // n each
    Tally tally;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, scalar_t<V>(step_size), {}, Tally(0)};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    V next = s.x - s.rate * f.gradient(s.x, theta);
    for (const V& old : s.past) next = V(next + 0.02 * (s.x - old));
    State<V> after{next, s.rate / (1.0 + 0.001 * theta[0] * theta[0]), s.past, Tally(s.tally.count + 1)};
    after.past.push_back(s.x);
    if (after.past.size() > 3) after.past.erase(after.past.begin());
    return after;
  }
};

/// Gradient descent of 1 + t/period gradients a step: every step may need more of a tape than those before.
struct Growing {
  double step_size;
  Index period;

  template <class V>
  unroll::State<V> step(const Oracle<V>& f, const unroll::State<V>& s, const V& theta, Index t) const {
    V x = s.x;
    for (Index i = 0; i <= t / period; ++i) x = V(x - step_size * f.gradient(x, theta));
    return {x};
  }
};

}  // namespace unroll::test
