// States that are more than x, and work on θ alone: multipliers, slacks, momentum, anchors, steps that are
// refused, what was prepared. By every method that claims them, against unrolling all steps.
#include <doctest/doctest.h>

#include <Eigen/LU>

#include "derivative/cases.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/least_squares.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gauss_newton.hpp"

namespace unroll {
namespace {

const Index n = 5, p = 4;

/// min ½‖x − θ‖² s.t. Σx = 1 by Uzawa's method: x⁺ = θ − y·1, y⁺ = y + ρ(Σx⁺ − 1).
struct Uzawa {
  double rho = 0.3;
  Matrix ones = Matrix::Ones(n, 1), sums = Matrix::Ones(1, n);
  template <class V>
  struct State {
    V x, multiplier;  // n, 1
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector::Zero(1))};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const V x = theta - ones * s.multiplier;
    return {x, s.multiplier + rho * (sums * x - Vector::Ones(1))};
  }
};

/// min ½xᵀHx − θᵀx + |x|₁/10 by ADMM: x⁺ = (H + I)⁻¹(θ + z − y), z⁺ = soft(x⁺ + y, 1/10), y⁺ = y + x⁺ − z⁺.
struct Admm {
  Matrix inverse;  // (H + I)⁻¹
  template <class V>
  struct State {
    V x, z, y;  // n each
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0, V(Vector::Zero(n))};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const V x = inverse * V(theta + s.z - s.y);
    const V z = soft_threshold(V(x + s.y), 0.1);
    return {x, z, s.y + x - z};
  }
};

/// Primal-dual (Chambolle & Pock 2011) for min ½‖x − θ‖² s.t. Kx = b, its extrapolation and a counter in the
/// state.
struct PrimalDual {
  Matrix K, transposed;
  Vector b;
  template <class V>
  struct State {
    V x, extrapolated, y;
    int count;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0, V(Vector::Zero(b.size())), 0};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const double tau = 0.4, sigma = 0.4;
    const V y = s.y + sigma * (K * s.extrapolated - b);
    const V x = (1 / (1 + tau)) * (s.x - tau * (transposed * y - theta));
    return {x, 2.0 * x - s.x, y, s.count + 1};
  }
};

/// Momentum as two arrays, a velocity and a position, with a scalar that follows ‖x‖.
struct Momentum {
  double step_size;
  template <class V>
  struct State {
    V x, velocity;
    scalar_t<V> length;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector::Zero(x0.size())), scalar_t<V>(1.0)};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const scalar_t<V> share = 0.4 + 0.1 / (1.0 + s.length * s.length);
    const V velocity = share * s.velocity - step_size * f.gradient(s.x, theta);
    const V x = s.x + velocity;
    return {x, velocity, 0.5 * s.length + 0.5 * sum(x)};
  }
};

/// x⁺ = tanh(Ax + c), where c = Bθ is made in the first step and carried: before or behind x.
struct CarriedLast {
  Matrix A, B;
  template <class V>
  struct State {
    V x, c;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector::Zero(n))};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const V c = t == 0 ? V(B * theta) : s.c;
    return {tanh(V(A * s.x + c)), c};
  }
};

/// Anchored at x_0 (Halpern): x⁺ = ½ tanh(Ax + Bθ) + ½ x_0, the anchor and a scalar of θ carried by the
/// state.
struct Anchored {
  Matrix A, B;
  template <class V>
  struct State {
    V x, anchor;
    scalar_t<V> scale;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0, scalar_t<V>(0.0)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const scalar_t<V> scale = t == 0 ? scalar_t<V>(1.0 / (1.0 + theta[0] * theta[0])) : s.scale;
    return {scale * tanh(V(A * s.x + B * theta)) + 0.5 * s.anchor, s.anchor, scale};
  }
};

/// The same map with its constants prepared: c = Bθ and a scale, as an aggregate.
struct Prepared {
  Matrix A, B;
  template <class V>
  struct Constants {
    V c;
    scalar_t<V> scale;
  };
  template <class V>
  Constants<V> prepare(const V& theta) const {
    return {B * theta, 1.0 / (1.0 + theta[0] * theta[0])};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index, const Constants<V>& made) const {
    return {made.scale * tanh(V(A * s.x + made.c)) + 0.1 * head(theta, 1)[0] * V(Vector::Ones(n))};
  }
};

/// A matrix that is prepared: x⁺ = tanh(K(θ)x + b) with K = Σ θ_i K_i.
struct PreparedMatrix {
  std::vector<Matrix> parts;
  Vector b;
  template <class V>
  matrix_t<V> prepare(const V& theta) const {
    matrix_t<V> K = theta[0] * matrix_t<V>(parts[0]);
    for (std::size_t i = 1; i < parts.size(); ++i)
      K = matrix_t<V>(K + theta[static_cast<Index>(i)] * matrix_t<V>(parts[i]));
    return K;
  }
  template <class V, class M>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index, const M& K) const {
    return {tanh(V(V(K * s.x) + b))};
  }
};

/// Gradient steps that are refused wherever f would rise, and then taken half as long.
struct Careful {
  double first_step;
  template <class V>
  struct State {
    V x;
    double step_size;
    bool accepted;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, first_step, true};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V x = s.x - s.step_size * f.gradient(s.x, theta);
    const Oracle<Vector> plain = f.plain();
    const auto& th = value_of(theta);
    if (plain.value(value_of(x), th) > plain.value(value_of(s.x), th)) return {s.x, 0.5 * s.step_size, false};
    return {x, 1.1 * s.step_size, true};
  }
};

struct NeverAccepting {
  template <class V>
  struct State {
    V x;
    bool accepted;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, true};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index) const {
    return {s.x, false};
  }
};

struct MadeLater {
  Matrix A, B;
  template <class V>
  CarriedLast::State<V> init(const V& x0) const {
    return {x0, V(Vector::Zero(n))};
  }
  template <class V>
  CarriedLast::State<V> step(const Oracle<V>&, const CarriedLast::State<V>& s, const V& theta,
                             Index t) const {
    const V c = t == 5 ? V(B * theta) : s.c;
    return {tanh(V(A * s.x + c)), c};
  }
};

struct Direct {
  Matrix A, B;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {tanh(V(A * s.x + B * theta))};
  }
};

struct Changing {
  std::shared_ptr<int> calls = std::make_shared<int>(0);
  template <class V>
  V prepare(const V& theta) const {
    return ++*calls > 1 ? V(concatenate(theta, theta)) : theta;
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index, const V& made) const {
    return {0.5 * s.x + head(made, s.x.size())};
  }
};

struct Guarded {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V g = f.gradient(s.x, theta);
    if (value_of(g).norm() < 1e-9) return s;
    return {s.x - 0.5 * g};
  }
};

struct Claimed {
  double implicit = 1e-7;  // Implicit's distance at convergence
  bool contracts = true;   // so that the last steps suffice
};

/// Every method that claims the run, in its three products, against the sweep of all steps on one tape.
template <class S>
void check_methods(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                   Index steps, const Claimed& claimed = {}) {
  const SolveOptions options{.steps = steps};
  const Derivative expected = jacobian(problem, solver, start, theta, options, Reverse{});
  const double scale = expected.dx.norm();
  REQUIRE(scale > 1e-3);
  const Vector w = Vector::LinSpaced(problem.dimension(), -1, 2),
               v = Vector::LinSpaced(problem.parameters(), 1, 3);
  const Vjp pulled = vjp(problem, solver, start, theta, w, options, Reverse{});
  const auto check = [&](const std::string& name, const Method& method, double tolerance) {
    CAPTURE(name);
    CHECK((jacobian(problem, solver, start, theta, options, method).dx - expected.dx).norm() <=
          tolerance * scale);
    const Vjp by = vjp(problem, solver, start, theta, w, options, method);
    CHECK((by.dtheta - pulled.dtheta).norm() <= tolerance * scale * w.norm());
    CHECK((jvp(problem, solver, start, theta, v, options, method).dx - expected.dx * v).norm() <=
          tolerance * scale * v.norm());
  };
  check("forward", Forward{}, 1e-11);
  check("budget", Reverse{.memory_budget = 60000}, 1e-12);
  check("differences", FiniteDifference{}, 1e-6);
  if (claimed.contracts) {
    check("last steps", Reverse{.last_steps = steps * 2 / 3}, 1e-9);
    check("automatic", Reverse{.last_steps = automatic}, 1e-9);
    check("implicit", Implicit{}, claimed.implicit);
    check("implicit, matrix-free", Implicit{.linear_solver = LinearSolver::gmres, .tolerance = 1e-12},
          claimed.implicit);
  }
}

TEST_CASE("multipliers and slacks are part of what is differentiated") {
  test::Random random(4);
  const Matrix C = random.matrix(n, n);
  const Matrix H = C * C.transpose() + Matrix::Identity(n, n);
  const Vector x0 = Vector::Zero(n), theta = random.vector(n);
  check_methods(NoObjective(n, n), Uzawa{}, x0, theta, 300);
  check_methods(NoObjective(n, n), Admm{(H + Matrix::Identity(n, n)).inverse()}, x0, theta, 600);
  const Matrix K = random.matrix(2, n) / 2.5;
  check_methods(NoObjective(n, n), PrimalDual{K, K.transpose(), Vector::Ones(2)}, x0, theta, 1500);
}

TEST_CASE("an objective that the steps do not minimise is not taken for their equation") {
  // With f = ½‖x − θ‖², whose minimiser is θ, but for Uzawa's constraint.
  const AffineQuadratic problem(Matrix::Identity(n, n), std::vector<Matrix>(n, Matrix::Zero(n, n)),
                                Vector::Zero(n), -Matrix::Identity(n, n));
  const Vector theta = Vector::LinSpaced(n, -1, 1);
  check_methods(problem, Uzawa{}, Vector::Zero(n), theta, 300);
  const Matrix right = Matrix::Identity(n, n) - Matrix::Ones(n, n) / double(n);
  const auto by = [&](const Method& method) {
    return jacobian(problem, Uzawa{}, Vector::Zero(n), theta, {.steps = 300}, method);
  };
  for (const Method& method : {Method(Implicit{}), Method(Reverse{}), Method(Forward{})}) {
    const Derivative d = by(method);
    CHECK((d.dx - right).norm() <= 1e-9);
    CHECK(d.certificate.verdict != Verdict::good);
    CHECK(d.certificate.equation == Equation::fixed_point);
  }
  const Derivative wrong = by(Implicit{.equation = Equation::gradient});
  CHECK((wrong.dx - right).norm() > 0.5);
  CHECK(wrong.certificate.verdict == Verdict::other_equation);
  CHECK(!wrong.certificate.bound);
  CHECK(wrong.certificate.message().find("solves another") != std::string::npos);
}

TEST_CASE("momentum with a velocity and a scalar in its state, on an objective, declared or not") {
  const test::Case c = test::random_case(n, p);
  check_methods(*c.problem, Momentum{0.3}, c.start, c.theta, 2500);
}

TEST_CASE("what the first step or init left in the state is not cut, and what it cannot follow is an error") {
  test::Random random(7);
  const Matrix A = 0.3 * random.matrix(n, n), B = random.matrix(n, p);
  const Vector theta = random.vector(p);
  const NoObjective none(n, p);
  check_methods(none, CarriedLast{A, B}, Vector::Zero(n), theta, 90);
  const Start start([](const auto& th) { return concatenate(th, head(th, 1)); });
  check_methods(none, Anchored{A, B}, start, theta, 90);
  // The derivative in x_0 is that of the anchor, when all else has contracted.
  const Vector w = Vector::LinSpaced(n, 1, 2);
  const auto by = [&](const Method& method) {
    return vjp(none, Anchored{A, B}, start, theta, w, {.steps = 90}, method).dx0;
  };
  CHECK(by(Reverse{}).norm() > 0.1);
  CHECK((by(Reverse{.last_steps = 60}) - by(Reverse{})).norm() <= 1e-9);

  for (const Method& method : {Method(Reverse{.last_steps = 30}), Method(OneStep{}), Method(Implicit{})})
    CHECK_THROWS_WITH_AS(jacobian(none, MadeLater{A, B}, Vector::Zero(n), theta, {.steps = 90}, method),
                         doctest::Contains("make it in the first step or in prepare"), UnsupportedError);
}

TEST_CASE(
    "one step of a map that carries theta in its state is that of the same map with theta in the step") {
  test::Random random(7);
  const Matrix A = 0.3 * random.matrix(n, n), B = random.matrix(n, p);
  const NoObjective none(n, p);
  const Vector theta = random.vector(p);
  const auto by = [&](const auto& solver) {
    return jacobian(none, solver, Vector::Zero(n), theta, {.steps = 40}, OneStep{}).dx;
  };
  CHECK((by(CarriedLast{A, B}) - by(Direct{A, B})).norm() <= 1e-13);
  CHECK(by(Direct{A, B}).norm() > 0.1);
}

TEST_CASE("what is prepared from theta is differentiated, by every method") {
  test::Random random(9);
  const Matrix A = 0.4 * random.matrix(n, n), B = random.matrix(n, p);
  check_methods(NoObjective(n, p), Prepared{A, B}, Vector::Zero(n), random.vector(p), 80);
  const PreparedMatrix kernel{{0.3 * random.matrix(n, n), 0.3 * random.matrix(n, n)}, random.vector(n)};
  check_methods(NoObjective(n, 2), kernel, Vector::Zero(n), Vector{{0.5, -0.7}}, 80);
}

TEST_CASE("what is prepared must be a function of theta alone") {
  CHECK_THROWS_WITH_AS(
      jacobian(NoObjective(3, 3), Changing{}, Vector::Zero(3), Vector::Ones(3), {.steps = 4}, Reverse{}),
      doctest::Contains("prepare: the result has 6 entries, it had 3"), ShapeError);
}

TEST_CASE("steps that were refused count neither for the tolerance nor as the last step") {
  const test::Case c = test::random_case(n, p);
  const Careful solver{40};  // refused six times at first
  const Matrix exact = c.quadratic()->minimiser_jacobian(c.theta);
  const Trajectory run = solve(*c.problem, solver, c.start.x, c.theta, {.steps = 600, .tolerance = 1e-13});
  CHECK(run.status == Status::converged);
  CHECK((run.x() - c.quadratic()->minimiser(c.theta)).norm() <= 1e-5);
  for (const Index steps : {8, 9, 10, 300, 301, 302, 303}) {
    const Derivative d = jacobian(*c.problem, solver, c.start, c.theta, {.steps = steps}, OneStep{});
    CHECK(d.dx.norm() > 1e-3);  // a refused step would give 0 or the identity
  }
  CHECK((jacobian(*c.problem, solver, c.start, c.theta, {.steps = 500}, Implicit{}).dx - exact).norm() <=
        1e-7 * exact.norm());
  const Trajectory none =
      solve(*c.problem, NeverAccepting{}, c.start.x, c.theta, {.steps = 7, .tolerance = 1e-3});
  CHECK(none.status == Status::none_accepted);
  CHECK(none.steps == 7);
  CHECK(none.message().find("7 steps: not one step was accepted") != std::string::npos);
  for (const Method& method : {Method(OneStep{}), Method(Implicit{})})
    CHECK_THROWS_WITH_AS(jacobian(*c.problem, NeverAccepting{}, c.start, c.theta, {.steps = 7}, method),
                         doctest::Contains("none of the 7 steps was accepted"), UnsupportedError);
  CHECK(jacobian(*c.problem, NeverAccepting{}, c.start, c.theta, {.steps = 7}, Reverse{}).status ==
        Status::none_accepted);
}

TEST_CASE("a guard that gives the state back does not end in a singular equation") {
  const test::Case c = test::random_case(n, p);
  const Matrix exact = c.quadratic()->minimiser_jacobian(c.theta);
  const Derivative d = jacobian(*c.problem, Guarded{}, c.start, c.theta, {.steps = 2000}, Implicit{});
  CHECK((d.dx - exact).norm() <= 1e-7 * exact.norm());
  CHECK_THROWS_WITH_AS(jacobian(NoObjective(2, 1), NeverAccepting{}, Vector::Zero(2), Vector::Ones(1),
                                {.steps = 3}, Implicit{}),
                       doctest::Contains("is the identity"), UnsupportedError);
}

struct TwoResiduals {  // r = (x − θ, 2x − θ): x* = 3θ/5
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return concatenate(V(x - theta), V(2.0 * x - theta));
  }
};

TEST_CASE("one damped step of Gauss and Newton has the minimiser's derivative") {
  const auto problem = make_least_squares(TwoResiduals{}, 1, 1);
  for (const double damping : {0.0, 1.0, 10.0}) {
    const Derivative d =
        jacobian(problem, GaussNewton{damping}, Vector::Zero(1), Vector::Ones(1), {.steps = 200}, OneStep{});
    CHECK(d.dx(0, 0) == doctest::Approx(0.6).epsilon(1e-12));
    CHECK(d.x[0] == doctest::Approx(0.6).epsilon(1e-12));
  }
}

TEST_CASE("a start that is a function of theta is one that is given with its Jacobian") {
  const test::Case c = test::random_case(n, p);
  test::Random random(3);
  const Matrix D = random.matrix(n, p);
  const Start function([D]<class V>(const V& th) -> V { return D * sin(th); });
  const Start dense(Vector(D * c.theta.array().sin().matrix()),
                    D * c.theta.array().cos().matrix().asDiagonal());
  const Vector w = Vector::LinSpaced(n, 1, 2), v = Vector::LinSpaced(p, -1, 1);
  for (const NamedMethod& named : all_methods()) {
    CAPTURE(named.name);
    const auto by = [&](const Start& start) {
      return jacobian(*c.problem, GradientDescent{0.2}, start, c.theta, {.steps = 6}, named.method).dx;
    };
    CHECK((by(function) - by(dense)).norm() <= 1e-7 * by(dense).norm());
  }
  const auto pulled = [&](const Start& start, const Method& method) {
    return vjp(*c.problem, GradientDescent{0.2}, start, c.theta, w, {.steps = 6}, method).dtheta;
  };
  CHECK((pulled(function, Reverse{}) - pulled(dense, Reverse{})).norm() <= 1e-13);
  CHECK((pulled(function, Forward{}) - pulled(dense, Reverse{})).norm() <= 1e-12);
  CHECK_THROWS_WITH_AS(
      jacobian(*c.problem, GradientDescent{0.2}, Start([](const auto& th) { return head(th, 2); }), c.theta,
               {.steps = 2}, Reverse{}),
      "start: x0(theta) has 2 entries, the problem has 5 variables", ShapeError);
  CHECK_THROWS_WITH_AS(Start(Matrix::Ones(3, 4)), "start: x0 is a 3x4 matrix, it must be a vector",
                       ShapeError);
}

/// x⁺ = x/2 + c, c = 2θ made by the first step, with a memory to which every step adds x.
struct Remembering {
  template <class V>
  struct State {
    V x, carried;
    std::vector<V> memory;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector::Zero(x0.size())), {}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    State<V> next = s;
    if (t == 0) next.carried = V(2.0 * theta);
    next.memory.push_back(s.x);
    next.x = V(0.5 * s.x + next.carried);
    return next;
  }
};

TEST_CASE("what the first step made of theta is not cut from a state that grows") {
  const auto pulled = [](const Reverse& method) {
    return vjp(NoObjective(1, 1), Remembering{}, Vector::Zero(1), Vector::Ones(1), Vector::Ones(1),
               {.steps = 12}, method)
        .dtheta[0];
  };
  for (const std::size_t budget : {std::size_t{0}, std::size_t{4000}}) {
    CAPTURE(budget);
    CHECK(pulled({.memory_budget = budget, .last_steps = 1}) == 2.0);
    CHECK(pulled({.memory_budget = budget, .last_steps = 3}) == 3.5);
    CHECK(pulled({.memory_budget = budget, .last_steps = 12}) == 4 * (1 - std::pow(0.5, 12)));
  }
}

}  // namespace
}  // namespace unroll
