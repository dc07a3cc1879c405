#include "unroll/solver/conjugate_gradient.hpp"

#include "instantiate.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/solver/quadratic_product.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll {

namespace {

template <class V>
ConjugateGradient::State<V> first(const Oracle<V>& f, const V& x, const V& theta) {
  const V g = f.gradient(x, theta);
  return {x, g, -g, f.gradient(V(Vector(Vector::Zero(x.size()))), theta)};
}

}  // namespace

template <class V>
ConjugateGradient::State<V> ConjugateGradient::step(const Oracle<V>& f, const State<V>& state, const V& theta,
                                                    Index t) const {
  const State<V> s = t == 0 ? first(f, state.x, theta) : state;
  if (detail::is_stationary(value_of(s.gradient))) {
    // The gradient is taken anew: that of the state is its recurrence's, which the minimiser's is not.
    const V g = f.gradient(s.x, theta);
    return {detail::stationary_step("conjugate gradients", f, s.x, g, theta), s.gradient, s.direction,
            s.origin};
  }
  // In units of the gradient, of which the direction is made.
  const double size = detail::size_of(value_of(s.gradient));
  const V zero(Vector(Vector::Zero(s.x.size()))), g = s.gradient / size, d = s.direction / size;
  const detail::CurvatureAlong<V> H = detail::curvature_along("conjugate gradients", f, zero, s.origin, d,
                                                              detail::length_at(value_of(s.x)), theta);
  const scalar_t<V> squared = squared_norm(g), alpha = squared / H.along;
  const V next = g + alpha * H.y;
  const scalar_t<V> beta = squared_norm(next) / squared;
  return {s.x + (size / H.size * alpha) * d, size * next, size * (beta * d - next), s.origin};
}

UNROLL_INSTANTIATE(ConjugateGradient, ConjugateGradient::State, step)

}  // namespace unroll
