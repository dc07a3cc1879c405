// Maps in which what is evenly spaced cancels, and cotangents whose squares leave the range: what is measured
// of a map, or of a sweep, must not depend on either.
#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/problem/root.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/newton.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll::cancelling {
namespace {

const auto distance = [](const auto& x, const auto& theta) {
  using V = std::decay_t<decltype(x)>;
  return 0.5 * squared_norm(V(x - theta));
};

TEST_CASE("on a simplex the active entries move against each other, however they are spaced") {
  for (const Index n : {3, 5, 8, 13, 21}) {
    CAPTURE(n);
    const Vector theta = Vector::LinSpaced(n, 0.3, 0.3 + 0.2 * static_cast<double>(n - 1));
    const auto problem = make_problem(distance, n, n);
    const ProximalGradient<Simplex> solver{.step_size = 0.5, .term = {1.0}};
    const auto by = [&](const Method& method) {
      return jacobian(problem, solver, Vector(Vector::Zero(n)), theta, {.steps = 400}, method).dx;
    };
    CHECK((by(Implicit{}) - by(Reverse{})).norm() <= 1e-9);
  }
}

/// x⁺ = 0.2 (x_{i−1} − 2x_i + x_{i+1}) + θ.
struct Laplacian {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const Index n = s.x.size();
    const Vector zero = Vector::Zero(1);
    const V left = concatenate(zero, head(s.x, n - 1)), right = concatenate(tail(s.x, n - 1), zero);
    return {V(0.2 * left - 0.4 * s.x + 0.2 * right + theta)};
  }
};
/// x⁺ = 0.6 (x − mean x) + θ.
struct Centred {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(0.6 * (s.x - mean(s.x)) + theta)};
  }
};

TEST_CASE("second differences and centred entries are differentiated whole") {
  for (const Index n : {3, 5, 6, 8, 13, 20, 34}) {
    CAPTURE(n);
    const Vector theta = Vector::LinSpaced(n, 1, 2), x0 = Vector::Zero(n);
    const auto check = [&](const auto& solver) {
      const auto by = [&](const Method& method) {
        return jacobian(NoObjective(n, n), solver, x0, theta, {.steps = 300}, method).dx;
      };
      CHECK((by(Implicit{}) - by(Reverse{})).norm() <= 1e-9);
    };
    check(Laplacian{});
    check(Centred{});
  }
}

/// x − θ, and second differences in entry 3, which a diagonal has not.
struct Beyond {
  template <class V>
  V operator()(const V& x, const V& theta) const {
    const Vector unit = Vector::Unit(x.size(), 3);
    return V(x - theta + 0.3 * scalar_t<V>(x[2] - 2.0 * x[3] + x[4]) * unit);
  }
  SparsePattern pattern() const { return SparsePattern::band(5, 0, 0); }
};

TEST_CASE("an entry that a pattern lacks is missed, however its column is spaced") {
  const auto root = make_root(Beyond{}, 5, 5);
  CHECK_THROWS_WITH_AS(
      jacobian(root, Newton{}, Vector(Vector::Zero(5)), Vector(Vector::Ones(5)), {.steps = 20}, Implicit{}),
      doctest::Contains("row 3 has entries outside it"), Error);
}

TEST_CASE("automatic truncation, and a cotangent of any scale") {
  const auto problem = make_problem(
      [](const auto& x, const auto& theta) {
        const Matrix H{{2.0, 1.0}, {1.0, 3.0}};
        return 0.5 * quadratic_form(H, x) - dot(x, theta);
      },
      2, 2);
  const Vector w{{1.0, 2.0}};
  for (const double scale : {1.0, 1e-165, 1e-290, 1e290}) {
    CAPTURE(scale);
    const Vjp v = vjp(problem, GradientDescent{0.3}, Vector(Vector::Zero(2)), Vector(Vector::Ones(2)),
                      Vector(scale * w), {.steps = 300}, Reverse{.last_steps = automatic});
    CHECK((v.dtheta / scale - Vector{{0.2, 0.6}}).norm() <= 1e-6);
  }
}

TEST_CASE("an affine set of other entries is refused on plain arrays, too") {
  const AffineSet set(Matrix(Matrix::Ones(1, 4)), Vector{{1.0}});
  CHECK_THROWS_WITH_AS(set(Vector(Vector::Ones(3)), 1, Vector()), "affine set: A has 4 columns, x 3 entries",
                       ShapeError);
  CHECK_THROWS_AS(AffineSet(Matrix(Matrix::Ones(1, 4)), Index{-1}), DomainError);
}

}  // namespace
}  // namespace unroll::cancelling
