// What cannot be: steps that are not the same twice, equations that are not solved, constants that are none.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "unroll/derivative/augmented_lagrangian.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/quadratic_program.hpp"
#include "unroll/solver/admm.hpp"
#include "unroll/solver/fista.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/proximal_gradient.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll::mistaken {
namespace {

/// f = ½‖x − θ‖².
struct Nearest {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * squared_norm(V(x - theta));
  }
};

/// Gradient descent whose step size counts its calls.
struct Counting {
  std::shared_ptr<int> calls = std::make_shared<int>(0);
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const double h = 0.3 + 0.01 * ((*calls)++ % 11);
    return {s.x - h * f.gradient(s.x, theta)};
  }
};

TEST_CASE("steps that cannot be repeated are refused by every method that takes them again") {
  const auto problem = make_problem(Nearest{}, 2, 2);
  const Vector x0 = Vector::Zero(2), theta{{1, -2}};
  const auto check = [&](const std::string& name, const Method& method, Index steps) {
    CAPTURE(name);
    CAPTURE(steps);
    CHECK_THROWS_AS(jacobian(problem, Counting{}, x0, theta, {.steps = steps}, method), UnsupportedError);
    CHECK_THROWS_AS(vjp(problem, Counting{}, x0, theta, x0, {.steps = steps}, method), UnsupportedError);
  };
  check("differences", FiniteDifference{}, 6);
  check("implicit", Implicit{.equation = Equation::fixed_point}, 6);
  check("implicit", Implicit{.equation = Equation::fixed_point},
        60);  // x no longer tells, the derivative does
  check("one step", OneStep{}, 6);
  check("at the end", Reverse{.at_end = true}, 6);  // (.last_steps takes none again)
  Tape tape;
  const VarVector parameters = tape.input(theta);
  const VarVector x = solution(problem, Counting{}, x0, parameters, {.steps = 6}, Reverse{});
  CHECK_THROWS_AS(tape.sweep(x[0]), UnsupportedError);
}

TEST_CASE("a step that is differentiated in another form than it is taken is the same twice all the same") {
  // (Fista is differentiated without its momentum.)
  const auto problem = make_problem(Nearest{}, 2, 2);
  const Vector theta{{1, 2}};
  for (const Index steps : {1, 3, 6}) {
    const auto by = [&](const Method& method) {
      return jacobian(problem, Fista<L1>{0.3, {0.1}}, Vector::Zero(2), theta, {.steps = steps}, method).dx;
    };
    CHECK(by(OneStep{}).allFinite());
    CHECK(by(Reverse{.at_end = true}).allFinite());
    CHECK(by(Implicit{}).isApprox(Matrix::Identity(2, 2), 1e-9));
  }
  // Nor does a run that never moved say anything.
  for (const Index steps : {1, 40}) {
    const double h = 0.5;
    const Derivative d =
        jacobian(problem, GradientDescent{h}, theta, theta, {.steps = steps}, Reverse{.at_end = true});
    CHECK(d.dx.isApprox((1 - std::pow(1 - h, steps)) * Matrix::Identity(2, 2), 1e-9));
  }
}

/// max(x − ∇f/2, 0), and says nothing of the equation that it solves.
struct Projected {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {relu(V(s.x - 0.5 * f.gradient(s.x, theta)))};
  }
};
struct Undeclared {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - 0.5 * f.gradient(s.x, theta)};
  }
};

/// Arrow, Hurwicz & Uzawa, for Σx = 1: a multiplier that is 0 at first moves x in the second step only.
struct PrimalDual {
  template <class V>
  struct State {
    V x, y;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(0.0 * head(x0, 1))};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V x = s.x - 0.3 * (f.gradient(s.x, theta) + scalar_t<V>(s.y[0]));
    return {x, V(s.y + 0.1 * V(concatenate(V(head(x, 1) + tail(x, 1)) - 1.0, Vector(0))))};
  }
};

/// A step of a given length, wherever it starts.
struct Normalised {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const V g = f.gradient(s.x, theta);
    const double length = 1 / static_cast<double>(t + 1);
    return {s.x - length * V(g / norm(g))};
  }
};
struct Declared : Normalised {
  static constexpr Equation equation = Equation::gradient;
};
/// Nearest that knows itself, so that Certified{} takes no step of the solver.
struct Known : Nearest {
  Curvature curvature(const Vector&) const { return {1, 0.0, 0.0, true}; }
};

TEST_CASE("Certified{} proves nothing of a solver that solves another equation than the gradient's") {
  const auto problem = make_problem(Nearest{}, 2, 2);
  const Vector x0 = Vector::Zero(2);
  CHECK_THROWS_WITH_AS(jacobian(problem, Projected{}, x0, Vector{{-1, 1}}, {.steps = 300}, Certified{}),
                       doctest::Contains("solves another equation"), UnsupportedError);
  CHECK_THROWS_AS(vjp(problem, Projected{}, x0, Vector{{-1, 1}}, x0, {.steps = 300}, Certified{}),
                  UnsupportedError);
  CHECK_THROWS_AS(
      jacobian(make_problem(Known{}, 2, 2), Projected{}, x0, Vector{{-1, 1}}, {.steps = 300}, Certified{}),
      UnsupportedError);
  for (const Index steps : {1, 5, 400})
    CHECK_THROWS_AS(jacobian(problem, PrimalDual{}, x0, Vector{{1, 3}}, {.steps = steps}, Certified{}),
                    UnsupportedError);
  // One that comes to rest by its lengths alone has to say so.
  const auto by = [&](const auto& solver) {
    return jacobian(make_problem(Known{}, 2, 2), solver, x0, Vector{{-1, 1}}, {.steps = 9}, Certified{}).dx;
  };
  CHECK_THROWS_WITH_AS(by(Normalised{}), doctest::Contains("declare that by"), UnsupportedError);
  CHECK((by(Declared{}) - Matrix::Identity(2, 2)).norm() <= 1e-9);
  // Where no bound is in the way it is the same, and so is plain descent, whether it says so or not.
  for (const Index steps : {1, 300}) {
    CHECK((jacobian(problem, Projected{}, x0, Vector{{2, 1}}, {.steps = steps}, Certified{}).dx -
           Matrix::Identity(2, 2))
              .norm() <= 1e-9);
    CHECK((jacobian(problem, Undeclared{}, x0, Vector{{-1, 1}}, {.steps = steps}, Certified{}).dx -
           Matrix::Identity(2, 2))
              .norm() <= 1e-9);
  }
}

TEST_CASE("a short step is no sign of convergence: proximal steps must turn around") {
  const auto problem = make_problem(Nearest{}, 2, 2);
  const Vector x0 = Vector::Zero(2), theta{{1, 2}};
  const SolveOptions options{.steps = 100, .tolerance = 1e-8};
  CHECK(solve(problem, ProximalGradient<L1>{1e-12, {0.0}}, x0, theta, options).status == Status::step_limit);
  CHECK(solve(problem, Fista<L1>{1e-12, {0.0}}, x0, theta, options).status == Status::step_limit);
  CHECK(solve(problem, ProximalGradient<L1>{0.5, {0.1}}, x0, theta, options).status == Status::converged);
  CHECK(solve(problem, Fista<L1>{0.9, {0.1}}, x0, theta, options).status == Status::converged);
  // On a curved boundary the way is along it: θ/‖θ‖ is far.
  for (const double h : {1e-4, 1e-6})
    CHECK(solve(problem, ProximalGradient<L2Ball>{h, {1}}, Vector{{1, 0}}, Vector{{1, 0.3}},
                {.steps = 3, .tolerance = 1e-2})
              .status == Status::step_limit);
  // Where all entries are held there is nothing to turn.
  CHECK(solve(problem, ProximalGradient<L1>{0.5, {5.0}}, x0, theta, options).status == Status::converged);
}

struct Disc {
  template <class V>
  V operator()(const V& x, const V&) const {
    return V(assemble(std::vector<scalar_t<V>>{squared_norm(x)}));
  }
};

TEST_CASE("multipliers that hardly move under a small penalty are none") {
  const Vector infinite = Vector::Constant(1, -std::numeric_limits<double>::infinity());
  const auto program = make_nonlinear_program(Nearest{}, Disc{}, 2, 2, infinite, Vector::Ones(1));
  const auto ended = [&](double penalty) {
    return solve(program, AugmentedLagrangian(program, penalty), Vector::Zero(2), Vector{{3, 4}},
                 {.steps = 60, .tolerance = 1e-7});
  };
  CHECK(ended(1e-9).status == Status::step_limit);
  CHECK(ended(10).status == Status::converged);
  CHECK((ended(10).x() - Vector{{0.6, 0.8}}).norm() <= 1e-6);
}

/// min c/2 ‖x − θ‖² over 0 ≤ x ≤ 1.
struct Scaled {
  double c;
  template <class V>
  ProgramAt<V> operator()(const V& theta) const {
    const Index n = theta.size();
    const Matrix I = Matrix::Identity(n, n);
    return {matrix_t<V>(Matrix(c * I)), V(-c * theta), matrix_t<V>(I), V(Vector(Vector::Zero(n))),
            V(Vector(Vector::Ones(n)))};
  }
};

TEST_CASE("steps of ADMM that are small as the cost is are no convergence") {
  const Vector theta{{0.25, 3, -1}}, solution{{0.25, 1, 0}};
  for (const double c : {1e-12, 1.0, 1e12}) {
    CAPTURE(c);
    const auto program = make_quadratic_program(Scaled{c}, 3, 3, 3);
    for (const double penalty : {0.1, c}) {
      Admm admm(program, penalty);
      if (penalty == c) admm.regularisation = 1e-6 * c;
      const Trajectory run =
          solve(program, admm, Vector::Constant(3, 0.5), theta, {.steps = 500, .tolerance = 1e-8});
      if (run.status == Status::converged) CHECK((run.x() - solution).norm() <= 1e-6);
      if (penalty == c) CHECK(run.status == Status::converged);
    }
  }
}

/// An init that forgets an entry.
struct Short {
  template <class V>
  State<V> init(const V& x0) const {
    return {V(head(x0, 1))};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(0.5 * s.x + head(theta, 1))};
  }
};

TEST_CASE("a first state of another size is refused by every method") {
  for (const NamedMethod& m : all_methods()) {
    CAPTURE(m.name);
    CHECK_THROWS_AS(
        jacobian(NoObjective(2, 2), Short{}, Vector::Zero(2), Vector{{3, 5}}, {.steps = 5}, m.method), Error);
  }
  CHECK_THROWS_WITH_AS(solve(NoObjective(2, 2), Short{}, Vector::Zero(2), Vector{{3, 5}}, {.steps = 5}),
                       doctest::Contains("init made x of 1 entries from x0 of 2"), ShapeError);
}

/// With a constant that cannot be.
struct Boasting : Nearest {
  Curvature said;
  Curvature curvature(const Vector&) const { return said; }
};

TEST_CASE("constants that cannot be are refused, and named") {
  const Vector x0 = Vector::Zero(2), theta{{1, 2}};
  const auto certified = [&](const Curvature& said, const Method& method) {
    return jacobian(make_problem(Boasting{{}, said}, 2, 2), GradientDescent{0.5}, x0, theta, {.steps = 50},
                    method);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Method& method : {Method(Reverse{.certify = Certify::always}), Method(Certified{})}) {
    CHECK(certified({1, 0.0, 0.0}, method).certificate.verdict == Verdict::good);
    CHECK_THROWS_WITH_AS(certified({1, -1.0, 0.0}, method), doctest::Contains("hessian_lipschitz = -1"),
                         DomainError);
    CHECK_THROWS_WITH_AS(certified({1, 0.0, -10.0}, method), doctest::Contains("mixed_lipschitz = -10"),
                         DomainError);
    CHECK_THROWS_AS(certified({nan, 0.0, 0.0}, method), DomainError);
    CHECK_THROWS_AS(certified({1, nan, 0.0}, method), DomainError);
  }
}

/// Writes into a member of its own in every step.
template <class M>
struct Scratch {
  mutable M B = M(2, 2);
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    B = M(Matrix(Matrix::Identity(2, 2) / static_cast<double>(t + 1)).sparseView());
    return {V(s.x - 0.1 * (V(B * s.x) - theta))};
  }
};

TEST_CASE("a step that writes into its solver is refused, not differentiated by what it left there") {
  const Vector x0{{1, -0.5}}, theta{{0.3, 0.1}};
  const auto refused = [&](const auto& solver) {
    CHECK_THROWS_WITH_AS(jacobian(NoObjective(2, 2), solver, x0, theta, {.steps = 12}, Reverse{}),
                         doctest::Contains("has changed since it was read"), UnsupportedError);
  };
  refused(Scratch<Matrix>{});
  refused(Scratch<Eigen::SparseMatrix<double>>{});
}

}  // namespace
}  // namespace unroll::mistaken
