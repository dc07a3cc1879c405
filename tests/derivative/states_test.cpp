// States that are more than x, and work on θ alone: multipliers, slacks, momentum, anchors, what was
// prepared. By every method that claims them, against unrolling all steps.
#include <doctest/doctest.h>

#include <Eigen/LU>

#include "derivative/check_methods.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll::states {
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

/// x⁺ = tanh(x/2 + c)/2 with c = sin θ, which it counts the preparations of.
struct Counting {
  std::shared_ptr<int> plain = std::make_shared<int>(0), differentiated = std::make_shared<int>(0);
  template <class V>
  V prepare(const V& theta) const {
    ++*(std::is_same_v<V, Vector> ? plain : differentiated);
    return sin(theta);
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index, const V& made) const {
    return {0.5 * tanh(V(0.5 * s.x + made))};
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

TEST_CASE("multipliers and slacks are part of what is differentiated") {
  test::Random random(4);
  const Matrix C = random.matrix(n, n);
  const Matrix H = C * C.transpose() + Matrix::Identity(n, n);
  const Vector x0 = Vector::Zero(n), theta = random.vector(n);
  test::check_methods(NoObjective(n, n), Uzawa{}, x0, theta, 300);
  test::check_methods(NoObjective(n, n), Admm{(H + Matrix::Identity(n, n)).inverse()}, x0, theta, 600);
  const Matrix K = random.matrix(2, n) / 2.5;
  test::check_methods(NoObjective(n, n), PrimalDual{K, K.transpose(), Vector::Ones(2)}, x0, theta, 1500);
}

TEST_CASE("an objective that the steps do not minimise is not taken for their equation") {
  // With f = ½‖x − θ‖², whose minimiser is θ, but for Uzawa's constraint.
  const AffineQuadratic problem(Matrix::Identity(n, n), std::vector<Matrix>(n, Matrix::Zero(n, n)),
                                Vector::Zero(n), -Matrix::Identity(n, n));
  const Vector theta = Vector::LinSpaced(n, -1, 1);
  test::check_methods(problem, Uzawa{}, Vector::Zero(n), theta, 300);
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
  test::check_methods(*c.problem, Momentum{0.3}, c.start, c.theta, 2500);
}

TEST_CASE("what is prepared from theta is differentiated, by every method") {
  test::Random random(9);
  const Matrix A = 0.4 * random.matrix(n, n), B = random.matrix(n, p);
  test::check_methods(NoObjective(n, p), Prepared{A, B}, Vector::Zero(n), random.vector(p), 80);
  const PreparedMatrix kernel{{0.3 * random.matrix(n, n), 0.3 * random.matrix(n, n)}, random.vector(n)};
  test::check_methods(NoObjective(n, 2), kernel, Vector::Zero(n), Vector{{0.5, -0.7}}, 80);
}

TEST_CASE("what is prepared is differentiated once a run, however many steps use it") {
  const NoObjective problem(3, 3);
  const Vector x0 = Vector::Zero(3), theta{{0.3, -0.5, 0.8}}, w{{1, -2, 3}};
  for (const test::Way& way : test::ways({.last_steps = 5, .budget = 8000, .certify = Certify::never})) {
    if (way.claim == test::Claim::minimiser) continue;
    const std::string& name = way.name;
    CAPTURE(name);
    const auto counts = [&](Index steps) {
      const Counting solver;
      const Vjp pulled = vjp(problem, solver, x0, theta, w, {.steps = steps}, way.method);
      CHECK(pulled.dtheta.norm() > 0.1);
      return std::pair(*solver.plain, *solver.differentiated);
    };
    const auto few = counts(10);
    CHECK(few == counts(1000));
    CHECK(few.second <= (name == "finite difference" ? 0 : 2));
  }
}

TEST_CASE("what is prepared must be a function of theta alone") {
  CHECK_THROWS_WITH_AS(
      jacobian(NoObjective(3, 3), Changing{}, Vector::Zero(3), Vector::Ones(3), {.steps = 4}, Reverse{}),
      doctest::Contains("prepare: the result has 6 entries, it had 3"), ShapeError);
}

}  // namespace
}  // namespace unroll::states
