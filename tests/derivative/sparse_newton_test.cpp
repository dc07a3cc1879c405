// Newton's method where ∂_xG is sparse, or never formed; implicit differentiation likewise.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <Eigen/LU>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "problem/differences.hpp"
#include "unroll/ad/factorisation.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/constrained.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/root.hpp"
#include "unroll/solver/linear_solve.hpp"
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
  const std::vector<std::pair<std::string, Method>> methods{
      {"reverse", Reverse{}}, {"forward", Forward{}}, {"implicit", Implicit{}}, {"one step", OneStep{}}};
  for (const auto& [named, method] : methods) {
    const std::string& name = named;
    CAPTURE(name);
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

/// ½ Σ w_i (u_{i+1} − u_i)² − θ (u_0 − u_{n−1}): a chain that is free at both ends, H is singular.
struct FreeChain {
  Vector w;
  bool tells;
  std::optional<SparsePattern> pattern() const {
    return tells ? std::optional(SparsePattern::band(w.size() + 1, 1, 1)) : std::nullopt;
  }
  template <class V>
  scalar_t<V> operator()(const V& u, const V& theta) const {
    const Index n = u.size();
    const V stretch = tail(u, n - 1) - head(u, n - 1);
    return 0.5 * dot(w, V(cwise_product(stretch, stretch))) - theta[0] * (u[0] - u[n - 1]);
  }
};

/// ½ ‖Δu‖² − θ Σ u on a line: a beam, condition number about n⁴.
struct Beam {
  bool tells;
  Index n;
  std::optional<SparsePattern> pattern() const {
    return tells ? std::optional(SparsePattern::band(n, 2, 2)) : std::nullopt;
  }
  template <class V>
  scalar_t<V> operator()(const V& u, const V& theta) const {
    const Vector end = Vector::Zero(1);
    const V bent = V(concatenate(end, head(u, n - 1))) + V(concatenate(tail(u, n - 1), end)) - 2.0 * u;
    return 0.5 * squared_norm(bent) - theta[0] * sum(u);
  }
};

TEST_CASE(
    "a singular matrix is refused, dense and sparse, whatever rounding makes of it; others are solved") {
  const Vector one = Vector::Ones(1);
  for (const Index n : {7, 64, 100, 300})
    for (const double uneven : {0.1, 0.37}) {
      CAPTURE(n);
      const Vector w =
          Vector::NullaryExpr(n - 1, [&](Index i) { return 1 + uneven * static_cast<double>(i % 7); });
      for (const bool tells : {false, true}) {
        const auto chain = make_problem(FreeChain{w, tells}, n, 1);
        const LinearSolver direct = tells ? LinearSolver::sparse : LinearSolver::dense;
        CHECK_THROWS_WITH_AS(
            implicit_jacobian(chain, Vector::Zero(n), one, {.linear_solver = direct}),
            doctest::Contains(fmt::format("implicit: linear solve: H is {}x{} and", n, n).c_str()),
            NumericalError);
        CHECK_THROWS_WITH_AS(solve(chain, Newton{}, Vector(Vector::Zero(n)), one, {.steps = 1}),
                             doctest::Contains("Newton: linear solve: H is"), NumericalError);
        CHECK_NOTHROW(solve(chain, Newton{.damping = 0.1}, Vector(Vector::Zero(n)), one, {.steps = 1}));
      }
    }
  // The difference of the two is the solver's alone.
  for (const Index n : {50, 100, 300, 1000}) {
    const auto of = [&](bool tells) {
      return implicit_jacobian(make_problem(Beam{tells, n}, n, 1), Vector::Zero(n), one,
                               {.linear_solver = tells ? LinearSolver::sparse : LinearSolver::dense});
    };
    const Matrix sparse = of(true), dense = of(false);
    CHECK((sparse - dense).norm() <= 1e-16 * std::pow(static_cast<double>(n), 4) * dense.norm());
  }
  // Rows and columns in units of their own are no sign of a singular matrix.
  std::mt19937 engine(3);
  std::normal_distribution<double> normal;
  for (const Index n : {1, 3, 20, 90}) {
    const auto random = [&] { return Matrix(Matrix::NullaryExpr(n, n, [&] { return normal(engine); })); };
    const Vector units = Vector::NullaryExpr(n, [&](Index i) { return std::pow(10.0, 40 * (i % 3) - 40); });
    const Matrix A = random(), scaled = units.asDiagonal() * A,
                 spd = A * A.transpose() + Matrix::Identity(n, n);
    CHECK_NOTHROW(factorised(scaled, false, "A"));
    CHECK_NOTHROW(factorised(Matrix(A * units.asDiagonal()), false, "A"));
    CHECK_NOTHROW(factorised(Matrix(units.asDiagonal() * spd * units.asDiagonal()), true, "A"));
    if (n == 1) continue;
    // Of rank n − 1, but for rounding.
    const Vector null = random().col(0).normalized();
    const Matrix flat = A - A * null * null.transpose();
    CHECK_THROWS_WITH_AS(factorised(flat, false, "A"), doctest::Contains("smallest singular value"),
                         NumericalError);
    CHECK_THROWS_AS(factorised(Matrix(units.asDiagonal() * flat), false, "A"), NumericalError);
    CHECK_THROWS_AS(factorised(Matrix(flat * flat.transpose()), true, "A"), NumericalError);
    CHECK_THROWS_AS(factorised(Sparse(flat.sparseView()), false, "A"), NumericalError);
  }
}

TEST_CASE("an iteration that breaks down says so, and whose it was") {
  const Vector zero = Vector::Zero(2), one = Vector::Ones(1);
  const auto singular = make_root(
      []<class V>(const V& x, const V& t) {
        const V both = head(x, 1) + tail(x, 1);
        return V(concatenate(V(both - t), both));
      },
      2, 1);
  for (const LinearSolver solver : {LinearSolver::gmres, LinearSolver::bicgstab})
    CHECK_THROWS_WITH_AS(solve(singular, Newton{.linear = {.solver = solver}}, zero, one, {.steps = 1}),
                         doctest::Contains("Newton: linear solve"), NumericalError);
  // Turning by a right angle: rᵀAr = 0.
  const auto turned = make_root(
      []<class V>(const V& x, const V& t) { return V(concatenate(V(tail(x, 1) - t), V(-1.0 * head(x, 1)))); },
      2, 1);
  CHECK_THROWS_WITH_AS(
      solve(turned, Newton{.linear = {.solver = LinearSolver::bicgstab}}, zero, one, {.steps = 1}),
      doctest::Contains("take gmres"), NumericalError);
  CHECK(solve(turned, Newton{.linear = {.solver = LinearSolver::gmres}}, zero, one, {.steps = 1}).x() ==
        Vector{{0, 1}});
}

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
