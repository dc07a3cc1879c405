#include <memory>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// Ridge 569×30, 500 steps, θ's gradient of Σ x_T: Chebyshev's method and Sobolev's, which has five vectors
/// for two. Their steps may differ by 30 %.
namespace unroll::bench {

namespace {

struct Setting {
  static constexpr Index n = 30, steps = 500;
  RidgeProblem problem = ridge(normal_matrix(569, n, 1), normal_vector(569, 2));
  Vector theta = Vector::Constant(1, 0.01);
  Matrix hessian = problem.hessian_matrix(theta);
  Vector linear = problem.linear_term(theta);
  Spectrum ends = spectrum(hessian);
  Chebyshev chebyshev{ends.smallest, ends.largest};
  Sobolev sobolev{{.eta = 1, .smallest_eigenvalue = ends.smallest, .largest_eigenvalue = ends.largest}};
  std::size_t bytes = 0;
  Matrix points{n, steps};  // where gradients were taken: what a hand-written adjoint stores

  Vector start() const { return Vector::Ones(n); }

  template <class S>
  double primal(const S& solver) const {
    return run(Oracle<Vector>(problem), solver, start(), theta, {.steps = steps}).state.x.sum();
  }
  template <class S>
  Matrix ours(const S& solver) {
    const Vjp v = vjp(problem, solver, start(), theta, Vector::Ones(n), {.steps = steps});
    bytes = v.cost.tape_bytes;
    return v.dtheta;
  }

  Matrix chebyshev_by_hand() {
    Vector x = start(), previous = x, g(n);
    for (Index t = 0; t < steps; ++t) {
      const MomentumCoefficients c = chebyshev.coefficients(t);
      points.col(t) = x;
      g = linear;
      g.noalias() += hessian * x;
      Vector next = x + c.momentum * (x - previous) - c.step_size * g;
      previous = std::exchange(x, std::move(next));
    }
    Vector x_bar = Vector::Ones(n), previous_bar = Vector::Zero(n);
    double theta_bar = 0;
    for (Index t = steps; t-- > 0;) {
      const MomentumCoefficients c = chebyshev.coefficients(t);
      theta_bar -= c.step_size * x_bar.dot(points.col(t));
      g.noalias() = hessian * x_bar;
      Vector earlier_bar = previous_bar + (1 + c.momentum) * x_bar - c.step_size * g;
      previous_bar = -c.momentum * x_bar;
      x_bar = std::move(earlier_bar);
    }
    return Matrix::Constant(1, 1, theta_bar);
  }

  Matrix sobolev_by_hand() {
    Vector p = start(), p_previous = p, s = p, s_previous = p, x = p, g(n);
    SobolevSchedule schedule(sobolev.measure);
    std::vector<SobolevCoefficients> coefficients;
    for (Index t = 0; t < steps; ++t) {
      const SobolevCoefficients c = coefficients.emplace_back(schedule.next());
      const double weight = 1 / (1 - c.coherence - c.sobolev);
      points.col(t) = p;
      g = linear;
      g.noalias() += hessian * p;
      Vector p_next = c.gegenbauer * p + (1 - c.gegenbauer) * p_previous + c.gradient * g;
      Vector s_next = weight * (p_next - c.coherence * p_previous - c.sobolev * s_previous);
      x += c.average * (s_next - x);
      p_previous = std::exchange(p, std::move(p_next));
      s_previous = std::exchange(s, std::move(s_next));
    }
    Vector x_bar = Vector::Ones(n), p_bar = Vector::Zero(n), q_bar = p_bar, s_bar = p_bar, r_bar = p_bar;
    double theta_bar = 0;
    for (Index t = steps; t-- > 0;) {  // q, r: of p and s one step before
      const SobolevCoefficients& c = coefficients[static_cast<std::size_t>(t)];
      const double weight = 1 / (1 - c.coherence - c.sobolev);
      s_bar += c.average * x_bar;
      x_bar *= 1 - c.average;
      p_bar += weight * s_bar;
      theta_bar += c.gradient * p_bar.dot(points.col(t));
      g.noalias() = hessian * p_bar;
      Vector p_earlier = q_bar + c.gegenbauer * p_bar + c.gradient * g;
      q_bar = (1 - c.gegenbauer) * p_bar - weight * c.coherence * s_bar;
      p_bar = std::move(p_earlier);
      Vector s_earlier = r_bar;
      r_bar = -weight * c.sobolev * s_bar;
      s_bar = std::move(s_earlier);
    }
    return Matrix::Constant(1, 1, theta_bar);
  }
};

}  // namespace

std::vector<Workload> sobolev_workloads() {
  const auto d = std::make_shared<Setting>();
  Workload chebyshev{"S1",
                     "ridge 569x30, 500 steps, chebyshev",
                     [d] { return d->primal(d->chebyshev); },
                     [d] { return d->chebyshev_by_hand(); },
                     [d] { return d->ours(d->chebyshev); },
                     Setting::steps};
  Workload sobolev{"S1",
                   "the same, sobolev",
                   [d] { return d->primal(d->sobolev); },
                   [d] { return d->sobolev_by_hand(); },
                   [d] { return d->ours(d->sobolev); },
                   Setting::steps};
  chebyshev.tape_bytes = sobolev.tape_bytes = [d] { return d->bytes; };
  return {chebyshev, sobolev};
}

}  // namespace unroll::bench
