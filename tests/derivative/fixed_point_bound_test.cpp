// Certificates by the equation of a fixed point: estimates of bounds, upper and lower, by a measured
// contraction.
#include <doctest/doctest.h>

#include <Eigen/LU>

#include "derivative/cases.hpp"
#include "support/counts.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/solver/fista.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll::fixed_point_bounds {
namespace {

/// x⁺ = tanh(Ax)/2 + Bθ, A not symmetric, nor its norm below 1 in the first step.
struct TanhMap {
  Matrix A, B;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {0.5 * V(tanh(V(A * s.x))) + V(B * theta)};
  }
};

/// Momentum whose velocity is part of the state: two blocks, a map that is not normal.
struct Momentum {
  Matrix H, B;
  template <class V>
  struct State {
    V x, velocity;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(0.0 * x0)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const V velocity =
        0.6 * s.velocity - 0.3 * V(V(H * s.x) + V(0.2 * square(theta[0]) * s.x) - V(B * theta));
    return {s.x + velocity, velocity};
  }
};

/// ‖Ax − y‖²/(2m), of which θ is no part.
struct HalfMeanSquare {
  Matrix A;
  Vector y;
  template <class V>
  auto operator()(const V& x, const V&) const {
    return squared_norm(V(A * x - y)) * (0.5 / static_cast<double>(A.rows()));
  }
};

struct Tally {
  int bounds = 0, violated = 0, above_lower = 0, good = 0, wrong = 0, near = 0;
  void add(const Certificate& c, double error) {
    CHECK(c.equation == Equation::fixed_point);
    if (!c.bound) return;
    CHECK(c.estimated());
    ++bounds;
    const double floor = 1e-10 * (1 + c.norm);
    violated += error > *c.bound + floor;
    above_lower += c.at_least && *c.at_least > error + floor;
    wrong += c.verdict == Verdict::wrong_by_at_least;
    if (c.verdict != Verdict::good) return;
    ++good;
    near += *c.bound <= 100 * error + floor;
  }
  void report(const char* what) const {
    MESSAGE(std::string(what), ": ", bounds, " bounds, ", violated, " violated, ", above_lower,
            " lower bounds too high, ", good, " good, ", near, " of them within 100 times of the error, ",
            wrong, " wrong");
  }
};

template <class S>
void add_run(Tally& tally, const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
             Index steps, const Matrix& exact) {
  const Vector w = Vector::LinSpaced(x0.size(), -1, 2);
  const auto pulled = [&](const Method& method) {
    const Vjp v = vjp(problem, solver, x0, theta, w, {.steps = steps}, method);
    tally.add(v.certificate, (v.dtheta - exact.transpose() * w).norm());
  };
  pulled(Reverse{.certify = Certify::always});
  pulled(Reverse{.corrected = true, .certify = Certify::always});
  pulled(Implicit{.equation = Equation::fixed_point, .certify = Certify::always});
  const Derivative d =
      jacobian(problem, solver, x0, theta, {.steps = steps}, Forward{.certify = Certify::always});
  if (d.certificate.residual) tally.add(d.certificate, (d.dx - exact).norm());
}

TEST_CASE("maps without objective, one block or two: the estimates hold, and are good at the end") {
  Tally tally;
  const int count = test::repetitions(30);
  for (int seed = 0; seed < count; ++seed) {
    test::Random random(static_cast<unsigned>(seed));
    const Index n = 2 + seed % 5, p = 1 + seed % 3;
    const NoObjective none(n, p);
    const Vector theta = random.vector(p), x0 = random.vector(n);
    const Index steps = 3 + seed * 7 % 60;
    const Matrix G = random.matrix(n, n), B = random.matrix(n, p);
    const auto add = [&](const auto& solver) {
      const Matrix exact = jacobian(none, solver, x0, theta, {.steps = 3000},
                                    Implicit{.equation = Equation::fixed_point, .certify = Certify::never})
                               .dx;
      add_run(tally, none, solver, x0, theta, steps, exact);
    };
    if (seed % 2 == 0)
      add(TanhMap{G / G.norm() * 1.6, B});
    else
      add(Momentum{Matrix(0.2 * Matrix::Identity(n, n) + G * G.transpose() / G.squaredNorm()), B});
  }
  tally.report("maps");
  CHECK(tally.bounds >= 2 * count);
  CHECK(tally.violated <= tally.bounds / 20);
  CHECK(tally.above_lower <= tally.bounds / 20);
  CHECK(tally.good >= count);
}

/// ∂_sΦ and ∂_θΦ of a step, its whole state stacked, x first.
struct Slopes {
  Matrix A, B;  // N×N, N×p
};

/// What a corrected pullback u = Bᵀv, by whatever v, is from that of the map's fixed point as it is at x_T:
///   Bᵀ(v* − v) = Bᵀ(I − Aᵀ)⁻¹ρ,  ρ = w − v + Aᵀv.
template <class S, class At>
void check_identity(const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
                    const At& slopes_at, double smallest_gap) {
  const Vector w = Vector::LinSpaced(x0.size(), -1, 2);
  for (const Index steps : {1, 2, 5, 12, 30, 60}) {
    CAPTURE(steps);
    const SolveOptions options{.steps = steps};
    const auto run = linearise(problem, solver, x0, theta, options, Reverse{.corrected = true});
    const Vector u = run->pull(Matrix(w)).theta;
    REQUIRE(run->adjoint() != nullptr);
    const Vector v = run->adjoint()->lambda;
    const Slopes map = slopes_at(Vector(run->steps().record.x));
    const Matrix transposed = Matrix::Identity(v.size(), v.size()) - map.A.transpose();
    Vector rho = -transposed * v;
    rho.head(w.size()) += w;
    const Vector rest = map.B.transpose() * transposed.lu().solve(rho);
    const Vector solved =
        vjp(problem, solver, x0, theta, w, options, Implicit{.equation = Equation::fixed_point}).dtheta;
    CHECK((u - map.B.transpose() * v).norm() <= 1e-12 * u.norm());
    CHECK((solved - u - rest).norm() <= 1e-12 * (1 + solved.norm()));
    if (steps == 5) CHECK(rest.norm() > smallest_gap * u.norm());  // else it says nothing
    const Certificate c =
        vjp(problem, solver, x0, theta, w, options, Reverse{.corrected = true, .certify = Certify::always})
            .certificate;
    REQUIRE(c.residual);
    CHECK(std::abs(*c.residual - rho.norm()) <= 1e-12 * (w.norm() + v.norm()));
  }
}

TEST_CASE("a corrected pullback misses that of the fixed point by what its residual says, at every t") {
  const Index n = 6;
  test::Random random(17);
  const Matrix A = random.matrix(n, n), B = random.matrix(n, 2), I = Matrix::Identity(n, n);
  const Vector theta = random.vector(2), x0 = random.vector(n);
  const TanhMap tanh_map{A * (1.8 / A.norm()), B};  // not symmetric
  check_identity(
      NoObjective(n, 2), tanh_map, x0, theta,
      [&](const Vector& x) {
        const Vector y = (tanh_map.A * x).array().tanh();
        return Slopes{0.5 * Vector(1 - y.array().square()).asDiagonal() * tanh_map.A, B};
      },
      1e-4);

  const Momentum momentum{A.transpose() * A / A.squaredNorm() + 0.1 * I, B};  // two blocks
  check_identity(
      NoObjective(n, 2), momentum, x0, theta,
      [&](const Vector& x) {
        const Matrix of_x = -0.3 * (momentum.H + 0.2 * theta[0] * theta[0] * I);
        Slopes map{Matrix(2 * n, 2 * n), Matrix(2 * n, 2)};
        map.A << I + of_x, 0.6 * I, of_x, 0.6 * I;
        Matrix of_theta = 0.3 * B;
        of_theta.col(0) -= 0.3 * 0.4 * theta[0] * x;
        map.B << of_theta, of_theta;
        return map;
      },
      1e-2);

  const Dataset data = test::standardised_data("auto_mpg");
  const Matrix gram = data.values.transpose() * data.values / static_cast<double>(data.values.rows());
  const double h = 1 / spectrum(gram).largest;
  const auto lasso = make_problem(HalfMeanSquare{data.values, centred(data.target)}, data.values.cols(), 1);
  const Vector lambda = Vector::Constant(1, 0.05), start = Vector::Zero(lasso.dimension());
  check_identity(
      lasso, ProximalGradient<L1>{h, {.weight = 1, .parameter = 0}}, start, lambda,
      [&](const Vector& x) {
        const Vector moved = x - h * lasso.gradient(x, lambda);
        const Vector passes = (moved.array().abs() > h * lambda[0]).select(Vector::Ones(x.size()), 0.0);
        return Slopes{passes.asDiagonal() * (Matrix::Identity(x.size(), x.size()) - h * gram),
                      -h * passes.cwiseProduct(Vector(moved.array().sign()))};
      },
      1e-2);
}

/// ½ Σ h_i x_i² − Σ x_i.
struct TwoSprings {
  template <class V>
  auto operator()(const V& x, const V&) const {
    return 0.5 * x[0] * x[0] + 0.1 * x[1] * x[1] - x[0] - x[1];
  }
  Curvature curvature(const Vector&) const { return {0.2, 0.0, 0.0, true}; }
};

TEST_CASE("what a move of x does to the map's slope in few parameters is bounded, not seen by chance") {
  const auto problem = make_problem(TwoSprings{}, 2, 1);
  const ProximalGradient<ElasticNet> solver{1.5, {0, 1, -1, 0}};
  const Vector theta = Vector::Constant(1, 0.1), x0 = Vector::Zero(2);
  const Matrix exact =
      jacobian(problem, solver, x0, theta, {.steps = 2000}, Implicit{.certify = Certify::never}).dx;
  for (const Index steps : {10, 12})
    for (int k = 0; k < 2000; ++k) {
      const double angle = k * (3.141592653589793 / 2000);
      const Vector w{{std::cos(angle), std::sin(angle)}};
      const Vjp v =
          vjp(problem, solver, x0, theta, w, {.steps = steps}, Implicit{.certify = Certify::always});
      REQUIRE(v.certificate.bound);
      CHECK((v.dtheta - exact.transpose() * w).norm() <= *v.certificate.bound + 1e-14);
    }
}

TEST_CASE("the drift of a Jacobian is what one more step changes of the map's derivative, over 1 - q") {
  test::Random random(11);
  const Matrix A = random.matrix(5, 5), B = random.matrix(5, 2);
  const TanhMap map{A * (0.9 / A.norm()), B};
  const NoObjective none(5, 2);
  const Vector x0 = Vector::Ones(5), theta{{0.4, -0.7}};
  const Derivative d = jacobian(none, map, x0, theta, {.steps = 4}, Forward{.certify = Certify::always});
  const auto slope = [&](const Vector& x) {
    const Vector y = (map.A * x).array().tanh();
    return Matrix(0.5 * Vector(1 - y.array().square()).asDiagonal() * map.A);
  };
  const Vector next = 0.5 * (map.A * d.x).array().tanh().matrix() + B * theta;
  const double moved = ((slope(next) - slope(d.x)) * d.dx).norm();
  REQUIRE(d.certificate.drift);
  REQUIRE(d.certificate.contraction);
  CHECK(moved > 1e-6);
  CHECK(std::abs(*d.certificate.drift - moved / (1 - *d.certificate.contraction)) <= 1e-9 * moved);
}

TEST_CASE("lasso, θ in the prox alone: an unfinished derivative is called wrong, a finished one good") {
  const Dataset data = test::standardised_data("auto_mpg");
  const Vector y = centred(data.target);
  const auto problem = make_problem(HalfMeanSquare{data.values, y}, data.values.cols(), 1);
  const double L =
      spectrum(data.values.transpose() * data.values / static_cast<double>(data.values.rows())).largest;
  const Vector theta = Vector::Constant(1, 0.05), x0 = Vector::Zero(problem.dimension());
  const ProximalGradient<L1> ista{1 / L, {.weight = 1, .parameter = 0}};
  const Matrix exact =
      jacobian(problem, ista, x0, theta, {.steps = 6000}, Reverse{.certify = Certify::never}).dx;
  Tally tally;
  for (const Index steps : {5, 20, 50, 100, 200, 400, 1000, 3000})
    add_run(tally, problem, ista, x0, theta, steps, exact);
  tally.report("lasso");
  CHECK(tally.violated == 0);
  CHECK(tally.above_lower == 0);
  CHECK(tally.good >= 8);
  const Vector w = Vector::Ones(x0.size());
  const auto by = [&](Index steps) {
    return vjp(problem, ista, x0, theta, w, {.steps = steps}, Reverse{.certify = Certify::always})
        .certificate;
  };
  CHECK(by(3000).verdict == Verdict::good);
  CHECK(by(60).verdict != Verdict::good);
  // A hypergradient: w moves with x.
  const auto outer = [](const auto& x, const auto&) { return 0.5 * squared_norm(x); };
  for (const Index steps : {1500, 3000}) {
    const Hypergradient h =
        hypergradient(outer, problem, ista, x0, theta, {.steps = steps}, Reverse{.certify = Certify::always});
    const Vector x = solve(problem, ista, x0, theta, {.steps = 6000}).x();
    REQUIRE(h.certificate.bound);
    CHECK((h.dtheta - exact.transpose() * x).norm() <= *h.certificate.bound + 1e-12);
  }
}

TEST_CASE("a derivative that is another's is wrong by at least what it is wrong by") {
  // Truncated to its last step, of a map that contracts slowly.
  const Index n = 4;
  test::Random random(3);
  const NoObjective none(n, 2);
  const Matrix G = random.matrix(n, n);
  const TanhMap map{G / G.norm() * 1.9, random.matrix(n, 2)};
  const Vector theta = random.vector(2), x0 = random.vector(n), w = random.vector(n);
  const Matrix exact =
      jacobian(none, map, x0, theta, {.steps = 3000}, Implicit{.certify = Certify::never}).dx;
  const Vjp v =
      vjp(none, map, x0, theta, w, {.steps = 200}, Reverse{.last_steps = 1, .certify = Certify::always});
  const double error = (v.dtheta - exact.transpose() * w).norm();
  CHECK(v.certificate.verdict == Verdict::wrong_by_at_least);
  REQUIRE(v.certificate.at_least);
  CHECK(*v.certificate.at_least <= error * (1 + 1e-9));
  CHECK(*v.certificate.at_least >= 0.5 * error);
  const Derivative d =
      jacobian(none, map, x0, theta, {.steps = 200}, Reverse{.last_steps = 1, .certify = Certify::always});
  CHECK(d.certificate.verdict == Verdict::wrong_by_at_least);
  CHECK(*d.certificate.at_least <= (d.dx - exact).norm() * (1 + 1e-9));
}

}  // namespace
}  // namespace unroll::fixed_point_bounds
