#include "unroll/solver/adam.hpp"

#include <cmath>

#include "instantiate.hpp"
#include "unroll/ad/elementwise.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {

void Adam::check() const {
  detail::check_step_size("Adam", step_size);
  detail::check_option("Adam", "mean decay", mean_decay, "in [0, 1)", mean_decay >= 0 && mean_decay < 1);
  detail::check_option("Adam", "square decay", square_decay, "in [0, 1)",
                       square_decay >= 0 && square_decay < 1);
  detail::check_option("Adam", "epsilon", epsilon, "positive and finite",
                       epsilon > 0 && std::isfinite(epsilon));
}

template <class V>
Adam::State<V> Adam::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
  const auto n = static_cast<double>(t + 1);
  const double mean_scale = 1 / (1 - std::pow(mean_decay, n));
  const double square_scale = 1 / (1 - std::pow(square_decay, n));
  const Vector tiny = Vector::Constant(s.x.size(), 1e-60), eps = Vector::Constant(s.x.size(), epsilon);
  const V g = f.gradient(s.x, theta);
  const V mean = mean_decay * s.mean + (1 - mean_decay) * g;
  const V square = square_decay * s.square + (1 - square_decay) * unroll::square(g);
  const V root = sqrt(V(square_scale * square + tiny));
  return {s.x - (step_size * mean_scale) * cwise_quotient(mean, V(root + eps)), mean, square};
}

UNROLL_INSTANTIATE(Adam, Adam::State, step)

}  // namespace unroll
