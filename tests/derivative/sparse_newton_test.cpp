// Newton's method where ∂_xG is sparse, or never formed; implicit differentiation likewise.
#include <doctest/doctest.h>

#include <Eigen/LU>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "derivative/ways.hpp"
#include "problem/differences.hpp"
#include "unroll/ad/factorisation.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/constrained.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/root.hpp"
#include "unroll/solver/newton.hpp"

namespace unroll::sparse_newton {
namespace {

using Sparse = Eigen::SparseMatrix<double>;

/// −Δ on a grid of side × side points, h² times, and advection along the first axis: not symmetric.
Sparse grid(Index side, double advection) {
  std::vector<Eigen::Triplet<double>> entries;
  const auto at = [&](Index i, Index j) { return static_cast<int>(i + side * j); };
  for (Index j = 0; j < side; ++j)
    for (Index i = 0; i < side; ++i) {
      entries.emplace_back(at(i, j), at(i, j), 4);
      if (i > 0) entries.emplace_back(at(i, j), at(i - 1, j), -1 - advection);
      if (i + 1 < side) entries.emplace_back(at(i, j), at(i + 1, j), -1 + advection);
      if (j > 0) entries.emplace_back(at(i, j), at(i, j - 1), -1);
      if (j + 1 < side) entries.emplace_back(at(i, j), at(i, j + 1), -1);
    }
  Sparse A(side * side, side * side);
  A.setFromTriplets(entries.begin(), entries.end());
  return A;
}

/// Bratu's equation −Δu = λ e^u on the unit square, and a source: θ = (λ, the source's strength).
struct Bratu {
  Sparse A;
  double h2;
  bool tells;  // its pattern
  Bratu(Index side, double advection, bool told)
      : A(grid(side, advection)), h2(1.0 / static_cast<double>((side + 1) * (side + 1))), tells(told) {}
  template <class V>
  V operator()(const V& u, const V& theta) const {
    return V(A * u) - V((h2 * theta[0]) * exp(u)) - V((h2 * theta[1]) * V(Vector(Vector::Ones(A.rows()))));
  }
  std::optional<SparsePattern> pattern() const {
    return tells ? std::optional(SparsePattern(A)) : std::nullopt;
  }
};

/// Its energy, for a symmetric A: an objective.
struct Energy {
  Bratu bratu;
  template <class V>
  scalar_t<V> operator()(const V& u, const V& theta) const {
    return 0.5 * dot(u, V(bratu.A * u)) - bratu.h2 * (theta[0] * sum(exp(u)) + theta[1] * sum(u));
  }
  std::optional<SparsePattern> pattern() const { return bratu.pattern(); }
};

/// u_i³ + 3u_i − u_{i−1}/2 − u_{i+1} = θ_0 + θ_1 sin i.
struct Chain {
  SparsePattern band;
  Vector wave;
  template <class V>
  V operator()(const V& u, const V& theta) const {
    const Index m = u.size();
    const Vector none = Vector::Zero(1);
    const V before = V(concatenate(none, head(u, m - 1))), after = V(concatenate(tail(u, m - 1), none));
    return cwise_product(u, square(u)) + V(3.0 * u) - V(0.5 * before) - after -
           V(theta[0] * V(Vector(Vector::Ones(m)))) - V(theta[1] * V(wave));
  }
  SparsePattern pattern() const { return band; }
};

/// A Bratu whose pattern is too small.
struct Lacking : Bratu {
  using Bratu::Bratu;
  SparsePattern pattern() const { return SparsePattern::band(A.rows(), 1, 1); }
};
/// And one of another size.
struct Short : Bratu {
  using Bratu::Bratu;
  SparsePattern pattern() const { return SparsePattern::band(A.rows() - 1, 4, 4); }
};

/// Of which ∂_xF is zero.
struct Flat {
  template <class V>
  V operator()(const V& x, const V& theta) const {
    return V(x * 0.0) + V(theta[0] * V(Vector(Vector::Ones(3))));
  }
  SparsePattern pattern() const { return SparsePattern::band(3, 0, 0); }
};

const Vector at{{2.0, 0.5}};
const SolveOptions options{.steps = 6, .tolerance = 1e-11};

/// All methods on `told`, by `solver`, against dense Newton and reverse mode on `plain`.
void check_same(const Problem& plain, const Problem& told, const Newton& solver) {
  const Index n = plain.dimension();
  const Vector zero = Vector::Zero(n), w = Vector::LinSpaced(n, -1, 2);
  const Derivative exact = jacobian(plain, Newton{}, zero, at, options, Reverse{});
  CHECK(exact.status == Status::converged);
  for (const test::Way& way : test::ways({.budget = 4'000'000})) {
    const std::string& name = way.name;
    if (name == "finite difference" || way.claim == test::Claim::minimiser) continue;
    CAPTURE(name);
    const Method& method = way.method;
    const Derivative d = jacobian(told, solver, zero, at, options, method);
    CHECK((d.x - exact.x).norm() <= 1e-10 * exact.x.norm());
    CHECK((d.dx - exact.dx).norm() <= 1e-8 * exact.dx.norm());
    if (name == "forward") continue;
    const Vjp pulled = vjp(told, solver, zero, at, w, options, method);
    CHECK((pulled.dtheta - exact.dx.transpose() * w).norm() <= 1e-8 * w.norm() * exact.dx.norm());
  }
}

TEST_CASE("with a pattern Newton's steps take few products, and give what dense ones give") {
  const auto plain = make_root(Bratu(9, 0.3, false), 81, 2), told = make_root(Bratu(9, 0.3, true), 81, 2);
  check_same(plain, told, Newton{});
  const auto products = [](const Problem& root) {
    return solve(root, Newton{}, Vector(Vector::Zero(81)), at, {.steps = 4}).cost.hessian_vector_products;
  };
  CHECK(products(plain) == 4 * 81);
  CHECK(products(told) <= 4 * 9);  // five entries in a row; one group more or less, and the proof

  const auto energy = make_problem(Energy{Bratu(9, 0, false)}, 81, 2);
  const auto told_energy = make_problem(Energy{Bratu(9, 0, true)}, 81, 2);
  check_same(energy, told_energy, Newton{});
  using Told = std::decay_t<decltype(told_energy)>;
  check_same(energy, StationaryPoint(std::make_shared<const Told>(told_energy)), Newton{});
}

TEST_CASE("without a matrix: iterations of products find Newton's direction, and its derivative") {
  const auto root = make_root(Bratu(7, 0.3, false), 49, 2);
  const auto energy = make_problem(Energy{Bratu(7, 0, false)}, 49, 2);
  const LinearOptions gmres{.solver = LinearSolver::gmres, .tolerance = 1e-12};
  check_same(root, root, Newton{.linear = gmres});
  check_same(root, root, Newton{.linear = {.solver = LinearSolver::bicgstab, .tolerance = 1e-12}});
  check_same(energy, energy, Newton{.linear = {.solver = LinearSolver::conjugate_gradient}});
  // Damping is part of what is solved with.
  const auto damped = [&](const LinearOptions& linear) {
    return jacobian(root, Newton{.damping = 0.2, .linear = linear}, Vector(Vector::Zero(49)), at,
                    {.steps = 3}, Reverse{});
  };
  CHECK((damped(gmres).dx - damped({}).dx).norm() <= 1e-9 * damped({}).dx.norm());
}

TEST_CASE("20,000 unknowns: a run and its derivatives by the pattern") {
  const Index n = 20'000;
  const auto root = make_root(
      Chain{SparsePattern::band(n, 1, 1), Vector::LinSpaced(n, 0, static_cast<double>(n)).array().sin()}, n,
      2);
  const Vector zero = Vector::Zero(n), w = Vector::Ones(n) / static_cast<double>(n);
  const SolveOptions by{.steps = 12, .tolerance = 1e-9};
  const Vjp unrolled = vjp(root, Newton{}, zero, at, w, by, Reverse{});
  const Vjp implicit = vjp(root, Newton{}, zero, at, w, by, Implicit{});
  CHECK(unrolled.status == Status::converged);
  CHECK((unrolled.dtheta - implicit.dtheta).norm() <= 1e-9 * implicit.dtheta.norm());
  const double h = 1e-5;
  for (Index i = 0; i < 2; ++i) {
    const auto loss = [&](double shift) {
      return w.dot(solve(root, Newton{}, zero, Vector(at + shift * Vector::Unit(2, i)), {.steps = 10}).x());
    };
    CHECK(std::abs((loss(h) - loss(-h)) / (2 * h) - implicit.dtheta[i]) <= 1e-7);
  }
}

/// (L (x_0 − θ), x_1 + 5 x_0 − θ), said to be diagonal.
struct Slanted {
  double large;
  SparsePattern pattern() const { return SparsePattern::band(2, 0, 0); }
  template <class V>
  V operator()(const V& x, const V& theta) const {
    return V(concatenate(V(large * (head(x, 1) - theta)), V(tail(x, 1) + 5.0 * head(x, 1) - theta)));
  }
};

TEST_CASE("a pattern that lacks entries, or is needed and missing, is said") {
  const auto lacking = make_root(Lacking(4, 0.1, true), 16, 2);
  CHECK_THROWS_WITH_AS(solve(lacking, Newton{}, Vector(Vector::Zero(16)), at, {.steps = 1}),
                       doctest::Contains("has entries outside it"), DomainError);
  CHECK_THROWS_WITH_AS(implicit_jacobian(lacking, Vector::Zero(16), at), doctest::Contains("outside it"),
                       DomainError);
  CHECK_THROWS_WITH_AS(implicit_jacobian(make_root(Short(4, 0.1, true), 16, 2), Vector::Zero(16), at),
                       doctest::Contains("it is 15x15, not 16x16"), ShapeError);
  const auto plain = make_root(Bratu(4, 0.1, false), 16, 2);
  CHECK_THROWS_WITH_AS(
      implicit_jacobian(plain, Vector::Zero(16), at, {.linear_solver = LinearSolver::sparse}),
      doctest::Contains("member pattern()"), DomainError);
  CHECK_THROWS_WITH_AS(solve(plain, Newton{.linear = {.solver = LinearSolver::sparse}},
                             Vector(Vector::Zero(16)), at, {.steps = 1}),
                       doctest::Contains("member pattern()"), DomainError);
  // A row that is small beside the others is looked at in its own units.
  const Vector one = Vector::Ones(1), zero = Vector::Zero(2);
  for (const double large : {1.0, 1e11, 1e17})
    CHECK_THROWS_WITH_AS(solve(make_root(Slanted{large}, 2, 1), Newton{}, zero, one, {.steps = 1}),
                         doctest::Contains("row 1 has entries outside it"), DomainError);
  CHECK_THROWS_WITH_AS(SparsePattern::band(3, -1, 0), doctest::Contains("-1 diagonals below"), ShapeError);
  CHECK_THROWS_WITH_AS(solve(make_root(Flat{}, 3, 1), Newton{}, Vector(Vector::Ones(3)),
                             Vector(Vector::Ones(1)), {.steps = 1}),
                       doctest::Contains("singular"), NumericalError);
  CHECK_THROWS_AS(solve(plain, Newton{.linear = {.solver = LinearSolver::conjugate_gradient}},
                        Vector(Vector::Zero(16)), at, {.steps = 1}),
                  DomainError);
}

TEST_CASE("a solver of one's own is a factorisation, in every world") {
  const Matrix A{{3, 1, 0}, {-1, 4, 1}, {0, 0.5, 2}};
  const Eigen::PartialPivLU<Matrix> lu(A);
  const Factorisation own = Factorisation::by(
      3, [&](const Matrix& b) { return Matrix(lu.solve(b)); },
      [&](const Matrix& b) { return Matrix(lu.transpose().solve(b)); });
  const Factorisation sparse = Factorisation::lu(Sparse(A.sparseView()));
  const Vector b{{1, 2, 3}};
  for (const Factorisation& factor : {own, sparse}) {
    CHECK((A * factor.solve(b) - b).norm() <= 1e-15 * 10);
    CHECK((A.transpose() * factor.solve_transposed(b) - b).norm() <= 1e-15 * 10);
    Tape tape;
    const VarVector x = tape.input(b);
    const Sweep back = tape.sweep(VarVector(factor.solve(x)), Matrix::Identity(3, 3));
    CHECK((back.adjoint(x).transpose() - A.inverse()).norm() <= 1e-15 * 10);
  }
  const Factorisation wrong = Factorisation::by(
      3, [](const Matrix&) { return Matrix(2, 1); }, [](const Matrix&) { return Matrix(2, 1); });
  CHECK_THROWS_WITH_AS(wrong.solve(b), doctest::Contains("of 3x1 is 2x1"), ShapeError);
}

}  // namespace
}  // namespace unroll::sparse_newton
