// Status::converged is a statement about the solution, not about the last step.
#include <doctest/doctest.h>

#include <cmath>

#include "unroll/ad/reduce.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/solver/backtracking.hpp"
#include "unroll/solver/fista.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/solver/newton.hpp"
#include "unroll/solver/proximal_gradient.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll {
namespace {

/// c‖x − θ‖²/2.
struct Bowl {
  double c;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * c * squared_norm(V(x - theta));
  }
};

TEST_CASE("a run that diverges is not converged when its squares overflow") {
  const auto problem = make_problem(Bowl{4}, 2, 2);
  for (const double tolerance : {1e-8, 1e-2}) {
    const Trajectory run = solve(problem, GradientDescent{1.0}, Vector::Zero(2), Vector{{1, 2}},
                                 {.steps = 5000, .tolerance = tolerance});
    CHECK(run.status == Status::non_finite);
    CHECK(run.x().norm() > 1e150);
  }
}

TEST_CASE("iterates beyond 1e154 converge by the same inequality as others") {
  const auto problem = make_problem(Bowl{1}, 2, 2);
  const Vector far{{1e170, -2e170}};
  const Trajectory run =
      solve(problem, GradientDescent{0.5}, Vector::Zero(2), far, {.steps = 200, .tolerance = 1e-10});
  CHECK(run.status == Status::converged);
  CHECK((run.x() / 1e170 - far / 1e170).norm() <= 1e-9);
}

TEST_CASE("FISTA that is clipped twice to the bound has not converged there") {
  const auto problem = make_problem(Bowl{1}, 1, 1);
  const Box box{Vector{{0.0}}, Vector{{10.0}}};
  for (const double x0 : {1.0, 5.0, 9.0}) {
    const Trajectory run = solve(problem, Fista<Box>{.1, box}, Vector{{x0}}, Vector{{0.02}},
                                 {.steps = 5000, .tolerance = 1e-12});
    CHECK(run.status == Status::converged);
    CHECK(run.x()[0] == doctest::Approx(0.02).epsilon(1e-9));
  }
  // A step too short to move x at all is no proof, nor is an f so flat that a product of moves is 0.
  for (const auto& [curvature, h] : {std::pair{1.0, 1e-17}, {1e-160, 0.3}}) {
    const auto flat = make_problem(Bowl{curvature}, 1, 1);
    const SolveOptions options{.steps = 50, .tolerance = 1e-8};
    const Vector x0{{1.0}}, theta{{4.0}};
    CHECK(solve(flat, ProximalGradient<Box>{h, box}, x0, theta, options).status == Status::step_limit);
    CHECK(solve(flat, Fista<Box>{h, box}, x0, theta, options).status == Status::step_limit);
    // (Of a bound, it is one.)
    CHECK(solve(flat, ProximalGradient<Box>{h, box}, Vector{{0.0}}, -theta, options).status ==
          Status::converged);
  }
  // Where the bound is the solution, two steps there are a proof.
  const Trajectory at_bound =
      solve(problem, Fista<Box>{.1, box}, Vector{{1.0}}, Vector{{-1.0}}, {.steps = 5000, .tolerance = 1e-12});
  CHECK(at_bound.status == Status::converged);
  CHECK(at_bound.x()[0] == 0);
}

/// ½‖x − θ‖² with the gradient's sign wrong: no step along it brings f down.
class WrongGradient final : public Problem {
 public:
  Index dimension() const override { return 2; }
  Index parameters() const override { return 2; }
  double value(const Vector& x, const Vector& theta) const override {
    return 0.5 * (x - theta).squaredNorm();
  }
  Vector gradient(const Vector& x, const Vector& theta) const override { return theta - x; }
  SecondOrder second_order(const Vector&, const Vector&, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    return {theta_dot - x_dot, x_dot};
  }
};

/// Levenberg and Marquardt's rule without a flag: a step that would raise f is not taken, and μ grows.
struct Silent {
  template <class V>
  struct State {
    V x;
    double damping;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, 1e-3};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V x = s.x - (1 / s.damping) * f.gradient(s.x, theta);
    const auto value = [&](const V& at) { return f.plain().value(value_of(at), value_of(theta)); };
    if (value(x) > value(s.x)) return {s.x, 10 * s.damping};
    return {x, s.damping};
  }
};

TEST_CASE("a step of length zero is no proof") {
  const Trajectory stuck = solve(WrongGradient(), Backtracking{}, Vector{{1, 2}}, Vector{{0, 0}},
                                 {.steps = 20, .tolerance = 1e-6});
  CHECK(stuck.status != Status::converged);
  const auto problem = make_problem(Bowl{1}, 2, 2);
  const Trajectory silent =
      solve(problem, Silent{}, Vector{{2.5, 0}}, Vector{{0, 0}}, {.steps = 400, .tolerance = 1e-9});
  CHECK(silent.status == Status::converged);
  CHECK(silent.steps > 3);
  CHECK(silent.x().norm() <= 1e-8);
}

TEST_CASE("without an objective all arrays of the state must have come to rest") {
  struct Delayed {  // x follows y, which moves first
    struct Both {
      Vector x, y;
    };
    Both init(const Vector& x0) const { return {x0, x0}; }
    Both step(const Oracle<Vector>&, const Both& s, const Vector& theta, Index) const {
      return {Vector(s.y), Vector(s.y + 0.5 * (theta - s.y))};
    }
  };
  const NoObjective none(2, 2);
  const Vector theta{{1, -1}};
  const Trajectory run = solve(none, Delayed{}, Vector::Zero(2), theta, {.steps = 200, .tolerance = 1e-10});
  CHECK(run.status == Status::converged);
  CHECK((run.x() - theta).norm() <= 1e-9);
}

TEST_CASE("steep entries do not hide how far off the others are") {
  const auto valley = make_problem(
      [](const auto& x, const auto& theta) {
        const auto along = x[1] - theta[0];
        return 0.5e4 * x[0] * x[0] + 0.5e-3 * along * along;
      },
      2, 1);
  const Vector start{{1, 0}}, theta{{1}};
  const SolveOptions options{.steps = 100000, .tolerance = 1e-6};
  const auto check = [&](const auto& solver) {
    const Trajectory run = solve(valley, solver, start, theta, options);
    CHECK((run.status != Status::converged || (run.x() - Vector{{0, 1}}).norm() <= 1e-2));
  };
  check(GradientDescent{0.9e-4});
  check(Nesterov{0.9e-4, 0.9});
  CHECK(solve(valley, Newton{}, start, theta, options).status == Status::converged);
}

/// x⁺ = θ − max(y − 10, 0), y⁺ = y + 0.05 (Σx⁺ − 1): x stays until the multiplier, a scalar, has risen to 10.
struct ScalarMultiplier {
  template <class V>
  struct State {
    V x;
    scalar_t<V> y;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, scalar_t<V>(0.0)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const V x = theta - relu(s.y - 10.0);
    return {x, scalar_t<V>(s.y + 0.05 * (sum(x) - 1.0))};
  }
};

TEST_CASE("a scalar multiplier that still moves keeps a run from having converged") {
  const NoObjective none(3, 3);
  const Vector theta{{1.0, 2.0, 0.5}};
  const Trajectory run = solve(none, ScalarMultiplier{}, theta, theta, {.steps = 500, .tolerance = 1e-9});
  CHECK(run.status == Status::converged);
  CHECK(run.steps > 80);
  CHECK(std::abs(run.x().sum() - 1) <= 1e-7);
  const RunRecord record =
      jacobian(none, ScalarMultiplier{}, theta, theta, {.steps = 500, .tolerance = 1e-9}, Reverse{});
  CHECK(record.steps == run.steps);
}

/// x⁺ = (x + θ)/2, of one of so many blocks of x a step, in turn; and a plain run of it.
struct InTurn {
  Index blocks;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const Index size = s.x.size() / blocks, first = t % blocks * size;
    return {V(concatenate(
        concatenate(head(s.x, first), 0.5 * (segment(s.x, first, size) + segment(theta, first, size))),
        tail(s.x, s.x.size() - first - size)))};
  }
};

/// As gradient descent on ‖x − θ‖²/2, with a step size that starts from 10 and shrinks where it was too long;
/// without an objective.
struct Shrinking {
  template <class V>
  struct State {
    V x;
    double h;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, 10};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const V x = s.x - s.h * (s.x - theta);
    if ((value_of(x) - value_of(theta)).norm() > (value_of(s.x) - value_of(theta)).norm())
      return {s.x, s.h / 2};
    return {x, s.h};
  }
};

/// Projects x onto the half-plane a_iᵀ(x − θ) ≤ 0, i = t mod m, a_i on the unit circle: θ alone is in all.
struct HalfPlanes {
  Index m;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const double angle = 2 * 3.141592653589793 * static_cast<double>(t % m) / static_cast<double>(m);
    const Vector a{{std::cos(angle), std::sin(angle)}};
    const auto reach = dot(a, V(s.x - theta));
    if (value_of(reach) <= 0) return {V(1.0 * s.x)};
    return {V(s.x - reach * a)};
  }
};

template <class S>
void check_reaches(const S& solver, const Vector& start, const Vector& theta) {
  CAPTURE(start.transpose());
  const NoObjective none(start.size(), theta.size());
  const SolveOptions options{.steps = 2000, .tolerance = 1e-10};
  const Trajectory run = solve(none, solver, start, theta, options);
  CHECK(run.status == Status::converged);
  CHECK((run.x() - theta).norm() <= 1e-8);
  const Derivative taped = jacobian(none, solver, start, theta, options, Reverse{}),
                   dual = jacobian(none, solver, start, theta, options, Forward{});
  CHECK(taped.steps == run.steps);
  CHECK(dual.steps == run.steps);
  CHECK((taped.dx - dual.dx).norm() <= 1e-12);
}

TEST_CASE("steps that take turns have converged when all have come to rest, from wherever they start") {
  for (const Index blocks : {1, 2, 3, 6}) {
    CAPTURE(blocks);
    const Vector theta = Vector::LinSpaced(6, 1, 2);
    check_reaches(InTurn{blocks}, Vector::Zero(6), theta);
    check_reaches(InTurn{blocks}, theta, theta);
    for (Index i = 0; i < 6; ++i) {  // all but one entry rest from the start
      Vector start = theta;
      start[i] = -1;
      check_reaches(InTurn{blocks}, start, theta);
    }
  }
  check_reaches(HalfPlanes{6}, Vector{{-3, -1}}, Vector{{0, 0}});
  check_reaches(Shrinking{}, Vector{{2.5, 0, 1}}, Vector{{0, 1, 0}});
}

}  // namespace
}  // namespace unroll
