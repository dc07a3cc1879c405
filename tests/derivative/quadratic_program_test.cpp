// Quadratic programs: the solution, its status, and its derivative by ADMM unrolled, by its fixed point, and
// by KKT.
#include <doctest/doctest.h>

#include <cmath>

#include "solver/random_quadratic.hpp"
#include "support/counts.hpp"
#include "unroll/ad/gradient.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/kkt.hpp"
#include "unroll/derivative/solution.hpp"
#include "unroll/error.hpp"

namespace unroll::programs {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Every part depends on θ: H_0 + θ_0² I, g_0 + G θ, A_0 + θ_1 A_1/10, bounds shifted by B θ.
struct Everything {
  Matrix H, G, A, A1, B;
  Vector g, lower, upper;
  template <class V>
  ProgramAt<V> operator()(const V& theta) const {
    const Index n = H.rows();
    const V shift(B * theta);
    return {matrix_t<V>(H + square(theta[0]) * Matrix(Matrix::Identity(n, n))), V(g + V(G * theta)),
            matrix_t<V>(A + 0.1 * theta[1] * A1), V(lower + shift), V(upper + shift)};
  }
};
constexpr Index parameters = 3;

/// Feasible: x_f satisfies all rows. The first `equalities` rows are equalities, some bounds are infinite.
Everything random_program(Index n, Index m, Index equalities, unsigned seed, const Vector& theta) {
  test::Random random(seed);
  const Matrix R = random.matrix(n, n);
  Everything q{0.3 * Matrix::Identity(n, n) + R * R.transpose() / static_cast<double>(n),
               random.matrix(n, parameters),
               random.matrix(m, n),
               random.matrix(m, n),
               0.3 * random.matrix(m, parameters),
               2 * random.vector(n),
               Vector(m),
               Vector(m)};
  const Vector x = random.vector(n);
  const Vector at = (q.A + 0.1 * theta[1] * q.A1) * x - q.B * theta;
  for (Index i = 0; i < m; ++i) {
    const double below = std::abs(random.vector(1)[0]), above = std::abs(random.vector(1)[0]);
    q.lower[i] = i < equalities ? at[i] : i % 3 == 0 ? -infinite : at[i] - below;
    q.upper[i] = i < equalities ? at[i] : i % 3 == 1 ? infinite : at[i] + above;
  }
  return q;
}

TEST_CASE("random programs: ADMM, its derivative unrolled, implicit and by KKT agree, and with differences") {
  const Vector theta{{0.4, -0.3, 0.7}};
  int compared = 0, weak = 0;
  const int count = test::repetitions(60);
  for (int seed = 0; seed < count; ++seed) {
    CAPTURE(seed);
    const Index n = 2 + seed % 6, m = 1 + seed % 8, equalities = std::min<Index>(seed % 3, n - 1);
    const auto qp = make_quadratic_program(
        random_program(n, m, equalities, static_cast<unsigned>(seed), theta), n, m, parameters);
    const ProgramSolution s = solve_program(qp, theta, {.steps = 200000, .tolerance = 1e-12});
    REQUIRE(s.status == ProgramStatus::solved);
    const ProgramAt<Vector> at = qp.at(theta);
    CHECK((at.H * s.x + at.g + at.A.transpose() * s.y).norm() <= 1e-9);
    if (!s.weakly_active.empty()) {
      ++weak;
      continue;
    }
    const Matrix exact = kkt_jacobian(qp, s, theta);
    const Admm admm(qp);
    const Vector x0 = Vector::Zero(n);
    const Derivative unrolled =
        jacobian(qp, admm, x0, theta, {.steps = 3000}, Reverse{.certify = Certify::never});
    if ((unrolled.x - s.x).norm() > 1e-9) continue;  // slow
    ++compared;
    const double size = 1 + exact.norm();
    CHECK((unrolled.dx - exact).norm() <= 1e-6 * size);
    const Derivative implicit =
        jacobian(qp, admm, x0, theta, {.steps = 3000}, Implicit{.certify = Certify::never});
    CHECK((implicit.dx - exact).norm() <= 1e-7 * size);
    const Index few = 40;
    const Matrix forward = jacobian(qp, admm, x0, theta, {.steps = few}, Forward{}).dx;
    CHECK((jacobian(qp, admm, x0, theta, {.steps = few}, Reverse{}).dx - forward).norm() <=
          1e-10 * (1 + forward.norm()));
    if (seed % 5 != 0) continue;
    Matrix differences(n, parameters);
    for (Index j = 0; j < parameters; ++j) {
      const double h = 1e-5;
      const Vector e = h * Vector::Unit(parameters, j);
      const ProgramOptions tight{.steps = 200000, .tolerance = 1e-11};
      differences.col(j) =
          (solve_program(qp, theta + e, tight).x - solve_program(qp, theta - e, tight).x) / (2 * h);
    }
    CHECK((differences - exact).norm() <= 1e-4 * size);
  }
  MESSAGE(compared, " programs compared, ", weak, " with a kink");
  CHECK(compared >= count * 3 / 4);
}

/// min ½‖x − θ‖² over x_0 + x_1 ≤ 1, x ≥ 0.
struct Shares {
  template <class V>
  ProgramAt<V> operator()(const V& theta) const {
    return {matrix_t<V>(Matrix(Matrix::Identity(2, 2))), V(-1.0 * theta),
            matrix_t<V>(Matrix{{1, 1}, {1, 0}, {0, 1}}), V(Vector{{-infinite, 0, 0}}),
            V(Vector{{1, infinite, infinite}})};
  }
};

TEST_CASE("a cost in tiny units is not solved where its slope is as large as the cost itself") {
  const auto in_units = [](double unit) {
    return make_quadratic_program(
        [unit](const auto& theta) {
          using V = std::decay_t<decltype(theta)>;
          return ProgramAt<V>{matrix_t<V>(Matrix(unit * Matrix::Identity(2, 2))), V(-unit * theta),
                              matrix_t<V>(Matrix(Matrix::Identity(2, 2))), V(Vector{{-1, -1}}),
                              V(Vector{{1, 1}})};
        },
        2, 2, 2);
  };
  const Vector theta{{0.5, 3}};
  CHECK((solve_program(in_units(1), theta).x - Vector{{0.5, 1}}).norm() <= 1e-7);
  CHECK(solve_program(in_units(1e-12), theta).status == ProgramStatus::step_limit);
  CHECK((solve_program(in_units(10), theta).x - Vector{{0.5, 1}}).norm() <= 1e-7);
}

TEST_CASE("a solution known by hand, its multipliers, and its kinks") {
  const auto qp = make_quadratic_program(Shares{}, 2, 3, 2);
  const ProgramSolution s = solve_program(qp, Vector{{1.0, 0.6}});
  CHECK((s.x - Vector{{0.7, 0.3}}).norm() <= 1e-8);
  CHECK((s.y - Vector{{0.3, 0, 0}}).norm() <= 1e-7);
  CHECK(s.active == std::vector<Index>{0});
  CHECK((kkt_jacobian(qp, s, Vector{{1.0, 0.6}}) - Matrix{{0.5, -0.5}, {-0.5, 0.5}}).norm() <= 1e-9);
  // On the line x_0 + x_1 = 1 without being pushed: the derivative differs on both sides.
  const ProgramSolution kink = solve_program(qp, Vector{{0.7, 0.3}});
  CHECK(kink.status == ProgramStatus::solved);
  CHECK(kink.weakly_active == std::vector<Index>{0});
  CHECK_THROWS_WITH_AS(kkt_jacobian(qp, kink, Vector{{0.7, 0.3}}), doctest::Contains("constraint 0"),
                       NumericalError);
  // As a layer of a loss.
  const auto loss = [&](const auto& theta) {
    return squared_norm(solution(qp, Admm(qp), Vector(Vector::Zero(2)), theta, {.steps = 400}));
  };
  const Vector g = gradient(loss, Vector{{1.0, 0.6}});
  CHECK((g - 2 * Matrix{{0.5, -0.5}, {-0.5, 0.5}} * Vector{{0.7, 0.3}}).norm() <= 1e-6);
}

TEST_CASE("dependent constraints have no KKT derivative") {
  const auto twice = [](const auto& theta) {
    using V = std::decay_t<decltype(theta)>;
    const V one = V(theta);
    return ProgramAt<V>{matrix_t<V>(Matrix(Matrix::Identity(2, 2))), V(Vector(Vector::Zero(2))),
                        matrix_t<V>(Matrix{{1, 1}, {2, 2}}), V(concatenate(one, V(2.0 * one))),
                        V(concatenate(one, V(2.0 * one)))};
  };
  const auto qp = make_quadratic_program(twice, 2, 2, 1);
  const Vector theta = Vector::Ones(1);
  const ProgramSolution s = solve_program(qp, theta);
  CHECK(s.status == ProgramStatus::solved);
  CHECK_THROWS_WITH_AS(kkt_jacobian(qp, s, theta), doctest::Contains("depend on each other"), NumericalError);
}

TEST_CASE("programs without a solution are recognised, with the proof") {
  const Vector theta{{0.2, 0.1, -0.4}};
  int recognised = 0;
  const int count = test::repetitions(50);
  for (int seed = 0; seed < count; ++seed) {
    const Index n = 2 + seed % 5, m = 3 + seed % 4;
    Everything q = random_program(n, m, 0, static_cast<unsigned>(seed), theta);
    // Row 1 is minus row 0, and both are asked to be large.
    q.A.row(1) = -q.A.row(0);
    q.A1.row(1) = -q.A1.row(0);
    q.B.row(1) = -q.B.row(0);
    q.lower[0] = q.lower[1] = 1;
    q.upper[0] = q.upper[1] = infinite;
    const auto qp = make_quadratic_program(q, n, m, parameters);
    const ProgramSolution s = solve_program(qp, theta);
    recognised += s.status == ProgramStatus::infeasible;
    if (s.status != ProgramStatus::infeasible) continue;
    CHECK((qp.at(theta).A.transpose() * s.certificate).norm() <= 1e-5);
    CHECK_THROWS_WITH_AS(kkt_jacobian(qp, s, theta), doctest::Contains("no solution"), NumericalError);
  }
  CHECK(recognised >= (count * 99) / 100);
  const auto falls = [](const auto& t) {
    using V = std::decay_t<decltype(t)>;
    return ProgramAt<V>{matrix_t<V>(Matrix(Matrix::Zero(2, 2))), V(Vector{{-1, 0}}),
                        matrix_t<V>(Matrix{{0, 1}}), V(Vector{{0}}), V(Vector{{1}})};
  };
  const ProgramSolution s = solve_program(make_quadratic_program(falls, 2, 1, 0), Vector(0));
  CHECK(s.status == ProgramStatus::unbounded);
  CHECK(s.certificate[0] == doctest::Approx(1));
}

TEST_CASE("what is no program is refused, with what is wrong") {
  const Vector none(0);
  const auto of = [](const Matrix& H, const Matrix& A, const Vector& lower, const Vector& upper) {
    return make_quadratic_program(
        [=](const auto& t) {
          using V = std::decay_t<decltype(t)>;
          return ProgramAt<V>{matrix_t<V>(H), V(Vector(Vector::Ones(2))), matrix_t<V>(A), V(lower), V(upper)};
        },
        2, 1, 0);
  };
  const Matrix I = Matrix::Identity(2, 2), row{{1, 1}};
  const Vector low{{0}}, high{{1}};
  CHECK_THROWS_WITH_AS(solve_program(of(Matrix{{1, 0}, {0, -1}}, row, low, high), none),
                       doctest::Contains("an eigenvalue is -1"), DomainError);
  CHECK_THROWS_WITH_AS(solve_program(of(Matrix{{1, 1}, {0, 1}}, row, low, high), none),
                       doctest::Contains("not symmetric"), DomainError);
  CHECK_THROWS_WITH_AS(solve_program(of(I, row, high, low), none),
                       doctest::Contains("constraint 0 are 1 and 0"), DomainError);
  CHECK_THROWS_WITH_AS(solve_program(of(I, Matrix{{1, 1, 1}}, low, high), none),
                       doctest::Contains("A is 1x3"), ShapeError);
  CHECK_THROWS_AS(make_quadratic_program(Shares{}, 0, 3, 2), ShapeError);
  Admm admm(of(I, row, low, high));
  admm.relaxation = 2.5;
  CHECK_THROWS_WITH_AS(solve(of(I, row, low, high), admm, Vector(Vector::Zero(2)), none),
                       doctest::Contains("relaxation"), DomainError);
}

/// H_0 + θ_0 E at θ_0 = 0, E in one triangle, or half of it in both.
struct Triangle {
  double above;
  template <class V>
  ProgramAt<V> operator()(const V& theta) const {
    const Matrix H{{2, 0.3}, {0.3, 1}}, E{{0, above}, {1 - above, 0}};
    return {matrix_t<V>(H + theta[0] * E), V(Vector{{-1, 1}}), matrix_t<V>(Matrix{{1, 1}}), V(Vector{{-1.0}}),
            V(Vector{{0.2}})};
  }
};

TEST_CASE("what moves one triangle of H moves half of both, as in the objective") {
  const Vector theta{{0.0}}, x0 = Vector::Zero(2);
  const auto by = [&](double above, const Method& method) {
    const auto qp = make_quadratic_program(Triangle{above}, 2, 1, 1);
    return jacobian(qp, Admm(qp), x0, theta, {.steps = 400}, method).dx;
  };
  const Matrix right = by(0.5, Forward{});
  REQUIRE(right.norm() > 1e-3);
  for (const double above : {0.0, 0.5, 1.0}) {
    const auto qp = make_quadratic_program(Triangle{above}, 2, 1, 1);
    CHECK((kkt_jacobian(qp, solve_program(qp, theta), theta) - right).norm() <= 1e-7);
    for (const Method& method : {Method(Reverse{}), Method(Forward{}), Method(Implicit{})})
      CHECK((by(above, method) - right).norm() <= 1e-7);
  }
}

}  // namespace
}  // namespace unroll::programs
