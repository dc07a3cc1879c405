#include <doctest/doctest.h>

#include "derivative/check_methods.hpp"
#include "unroll/derivative/second_order.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/solve.hpp"

/// A state whose iterate is a matrix, or several: the same run as that of its columns in turn.
namespace unroll::matrix_iterate {
namespace {

constexpr Index r = 3, c = 2;

/// ½‖XA − B‖² + ½e^{θ_0}‖X‖² of X, r×c, and B = θ_1 11ᵀ + θ_2 X_0.
struct Fit {
  Matrix A = (Matrix(c, c) << 1, 0.3, -0.2, 0.8).finished();
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const matrix_t<V> X = reshape(x, r, c);
    const matrix_t<V> miss = X * A - scalar_t<V>(theta[1]) * Matrix(Matrix::Ones(r, c)) -
                             scalar_t<V>(theta[2]) * Matrix(Matrix::Identity(r, c));
    return 0.5 * squared_norm(flatten(miss)) + 0.5 * exp(theta[0]) * squared_norm(x);
  }
};

/// Heavy ball on X.
struct OfMatrices {
  double step_size, momentum;
  template <class V>
  struct State {
    matrix_t<V> x, previous;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {reshape(x0, r, c), reshape(x0, r, c)};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x + momentum * (s.x - s.previous) - step_size * reshape(f.gradient(flatten(s.x), theta), r, c),
            s.x};
  }
  static constexpr Equation equation = Equation::gradient;
};
static_assert(Solver<OfMatrices>);

const Vector theta{{-1.0, 0.7, -0.4}}, x0 = Vector::LinSpaced(r * c, -1, 1);
const OfMatrices of_matrices{0.4, 0.3};
const HeavyBall of_vectors{0.4, 0.3};

TEST_CASE("a matrix for an iterate: every method, in every product") {
  const auto problem = make_problem(Fit{}, r * c, 3);
  test::check_methods(problem, of_matrices, x0, theta, 60);
}

TEST_CASE("the run is that of its columns in turn, as are histories, stops and second derivatives") {
  const auto problem = make_problem(Fit{}, r * c, 3);
  const auto both = [&](const auto& of) { return std::pair{of(of_matrices), of(of_vectors)}; };
  std::vector<Vector> seen;
  const SolveOptions options{
      .steps = 500, .tolerance = 1e-9, .observer = [&](Index, const Vector& x) { seen.push_back(x); }};
  const auto [m, v] = both([&](const auto& solver) { return solve(problem, solver, x0, theta, options); });
  CHECK(m.status == Status::converged);
  CHECK(m.steps == v.steps);
  CHECK(m.iterates == v.iterates);
  REQUIRE(seen.size() == 2 * m.iterates.size());
  CHECK(seen.front() == x0);
  const auto [hm, hv] = both([&](const auto& solver) {
    return jacobian_history(problem, solver, x0, theta, {.steps = 20}, Reverse{.memory_budget = 40000},
                            {0, 7, 20});
  });
  CHECK(hm.x == hv.x);
  for (std::size_t i = 0; i < 3; ++i) CHECK((hm.dx[i] - hv.dx[i]).norm() <= 1e-13);
  const Vector w = Vector::LinSpaced(r * c, 1, 2), t = Vector::LinSpaced(3, -1, 2);
  const auto [sm, sv] = both([&](const auto& solver) {
    return second_vjp(problem, solver, x0, theta, w, t, {.steps = 20}, Reverse{});
  });
  CHECK(sv.dtheta_dot.norm() > 1e-3);
  CHECK((sm.dtheta_dot - sv.dtheta_dot).norm() <= 1e-12 * sv.dtheta_dot.norm());
}

/// X⁺ = tanh(WXU)/2 + θ_0: no objective.
struct Layer {
  template <class V>
  struct State {
    matrix_t<V> x;
  };
  Matrix W = 0.3 * Matrix::Identity(r, r) + 0.1 * Matrix::Ones(r, r);
  template <class V>
  State<V> init(const V& x) const {
    return {reshape(x, r, c)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& th, Index) const {
    const matrix_t<V> scaled = scalar_t<V>(th[1]) * s.x;
    return {0.5 * tanh(matrix_t<V>(W * scaled)) + scalar_t<V>(th[0]) * Matrix(Matrix::Ones(r, c))};
  }
};

TEST_CASE("a fixed point of matrices") {
  test::check_methods(NoObjective(r * c, 2), Layer{}, x0, Vector{{0.3, 0.9}}, 80);
}

/// min ½‖M − WH‖² + ½e^{θ_0}(‖W‖² + ‖H‖²), M = θ_1 11ᵀ + θ_2 D, by descent in W and H, which are the state.
template <class V>
struct Factors {
  matrix_t<V> W, H;  // r×1, 1×c
};
const Factors<Vector> layout{Matrix(r, 1), Matrix(1, c)};
struct Factored {
  Matrix D = Matrix::Identity(r, c);
  template <class V>
  scalar_t<V> operator()(const V& x, const V& th) const {
    const Factors<V> f = unpack(x, layout);
    const matrix_t<V> M = scalar_t<V>(th[1]) * Matrix(Matrix::Ones(r, c)) + scalar_t<V>(th[2]) * D;
    return 0.5 * squared_norm(flatten(matrix_t<V>(M - f.W * f.H))) + 0.5 * exp(th[0]) * squared_norm(x);
  }
};
struct Descent {
  double step_size;
  template <class V>
  Factors<V> init(const V& x) const {
    return unpack(x, layout);
  }
  template <class V>
  Factors<V> step(const Oracle<V>& f, const Factors<V>& s, const V& th, Index) const {
    const Factors<V> g = f.gradient(s, th);
    return {s.W - step_size * g.W, s.H - step_size * g.H};
  }
  static constexpr Equation equation = Equation::gradient;
};
static_assert(Solver<Descent>);

TEST_CASE("several arrays for an iterate: every method; and the run is that of all their entries in turn") {
  const Index n = packed_size(layout);
  const auto problem = make_problem(Factored{}, n, 3);
  const Vector at = Vector::LinSpaced(n, 0.6, 1.4), th{{-1.5, 0.9, 0.4}};
  test::check_methods(problem, Descent{0.2}, at, th, 400);
  std::vector<Vector> seen;
  const SolveOptions options{
      .steps = 2000, .tolerance = 1e-9, .observer = [&](Index, const Vector& x) { seen.push_back(x); }};
  const Trajectory of_arrays = solve(problem, Descent{0.2}, at, th, options),
                   in_turn = solve(problem, GradientDescent{0.2}, at, th, options);
  CHECK(of_arrays.status == Status::converged);
  REQUIRE(of_arrays.steps == in_turn.steps);
  CHECK((of_arrays.iterates.back() - in_turn.iterates.back()).norm() <= 1e-12);
  CHECK(seen.size() == 2 * of_arrays.iterates.size());
}

/// Two maps side by side, which no equation is declared of: W⁺ = tanh(WH')/2 + θ_0, H⁺ = θ_1 W'/3 + 1.
struct TwoMaps {
  template <class V>
  Factors<V> init(const V& x) const {
    return unpack(x, layout);
  }
  template <class V>
  Factors<V> step(const Oracle<V>&, const Factors<V>& s, const V& th, Index) const {
    const matrix_t<V> product = s.W * s.H;  // r×c
    return {0.5 * tanh(matrix_t<V>(product * Matrix(Matrix::Ones(c, 1)))) +
                scalar_t<V>(th[0]) * Matrix(Matrix::Ones(r, 1)),
            (1.0 / 3) * scalar_t<V>(th[1]) * matrix_t<V>(Matrix(Matrix::Ones(1, r)) * product) +
                Matrix(Matrix::Ones(1, c))};
  }
};

TEST_CASE("a fixed point of several arrays: every method, certified too, with budgets and stops") {
  const Index n = packed_size(layout);
  const NoObjective none(n, 2);
  const Vector at = Vector::LinSpaced(n, 0.6, 1.4), th{{0.2, 0.3}}, w = Vector::LinSpaced(n, -1, 2);
  test::check_methods(none, TwoMaps{}, at, th, 120);
  const SolveOptions options{.steps = 200, .tolerance = 1e-11};
  const Vjp whole = vjp(none, TwoMaps{}, at, th, w, options);
  CHECK(whole.status == Status::converged);
  const Vjp within = vjp(none, TwoMaps{}, at, th, w, options, Reverse{.memory_budget = 40000});
  CHECK((within.dtheta - whole.dtheta).norm() <= 1e-14 * whole.dtheta.norm());
  const Vjp corrected =
      vjp(none, TwoMaps{}, at, th, w, options, Reverse{.corrected = true, .certify = Certify::always});
  CHECK((corrected.dtheta - whole.dtheta).norm() <= 1e-9 * whole.dtheta.norm());
  CHECK(corrected.certificate.verdict == Verdict::good);
  CHECK(corrected.certificate.residual <= 1e-9);
}

/// Undeclared; and with H as it is.
struct Undeclared : TwoMaps {
  template <class V>
  Factors<V> step(const Oracle<V>& f, const Factors<V>& s, const V& th, Index) const {
    const Factors<V> g = f.gradient(s, th);
    return {s.W - 0.2 * g.W, s.H - 0.2 * g.H};
  }
};
struct Half : TwoMaps {
  template <class V>
  Factors<V> step(const Oracle<V>& f, const Factors<V>& s, const V& th, Index) const {
    return {s.W - 0.2 * f.gradient(s, th).W, s.H};
  }
};

TEST_CASE("several arrays by the fixed point of a step that declares nothing, if it makes all of them") {
  const auto problem = make_problem(Factored{}, packed_size(layout), 3);
  const Vector at = Vector::LinSpaced(packed_size(layout), 0.6, 1.4), th{{-1.5, 0.9, 0.4}};
  test::check_methods(problem, Undeclared{}, at, th, 400);
  const Derivative forward = jacobian(problem, Half{}, at, th, {.steps = 300}, Forward{});
  CHECK((jacobian(problem, Half{}, at, th, {.steps = 300}, Reverse{}).dx - forward.dx).norm() <= 1e-12);
  CHECK_THROWS_WITH_AS(jacobian(problem, Half{}, at, th, {.steps = 300}, Implicit{}),
                       doctest::Contains("part of the iterate, as they are"), UnsupportedError);
}

/// What is differentiated of it gives back what it took.
struct GivesBack : Descent {
  template <class V>
  Factors<V> frozen_step(const Oracle<V>&, const Factors<V>& s, const V&, Index) const {
    return s;
  }
};

TEST_CASE("a step that gives back several arrays is the identity") {
  const auto problem = make_problem(Factored{}, packed_size(layout), 3);
  const Vector at = Vector::LinSpaced(packed_size(layout), 0.6, 1.4), th{{-1.5, 0.9, 0.4}};
  CHECK_THROWS_WITH_AS(jacobian(problem, GivesBack{{0.2}}, at, th, {.steps = 3}, OneStep{}),
                       doctest::Contains("the identity as it is differentiated"), UnsupportedError);
}

struct Wrong : Layer {
  template <class V>
  State<V> init(const V&) const {
    return {matrix_t<V>(Matrix(Matrix::Zero(r, c + 1)))};
  }
};

TEST_CASE("a first matrix of another size is refused") {
  CHECK_THROWS_AS(solve(NoObjective(r * c, 2), Wrong{}, x0, Vector{{0.3, 0.9}}), ShapeError);
}

}  // namespace
}  // namespace unroll::matrix_iterate
