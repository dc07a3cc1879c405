// A problem's own work on θ alone: f(x, θ, π), π = f.prepare(θ), by every method against the same f that
// makes π anew in every value.
#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "derivative/ways.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/prepared_problem.hpp"
#include "unroll/solver/newton.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll::prepared {
namespace {

template <class V>
struct Kernel {
  matrix_t<V> K;
  V b;
  scalar_t<V> scale;
};

/// ½s‖x‖² + xᵀKx/10 − bᵀx with K = θθᵀ + I, b = sin θ, s = exp θ_0; counts how often it prepares off the
/// tape.
struct KernelLoss {
  int* count;
  template <class V>
  Kernel<V> prepare(const V& theta) const {
    if constexpr (std::is_same_v<V, Vector>) ++*count;
    return {outer(theta, theta) + Matrix::Identity(3, 3), sin(theta), exp(theta[0])};
  }
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta, const Kernel<V>& p) const {
    return 0.5 * p.scale * squared_norm(x) + 0.1 * dot(x, V(p.K * x)) - dot(p.b, x) + 0.1 * dot(theta, x);
  }
};
/// The same without: what it prepares is a part of every value.
struct Whole {
  KernelLoss f;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    return f(x, theta, f.prepare(theta));
  }
};
/// π a single vector.
struct Shifted {
  template <class V>
  V prepare(const V& theta) const {
    return square(theta);
  }
  template <class V>
  scalar_t<V> operator()(const V& x, const V&, const V& shift) const {
    return 0.5 * squared_norm(V(x - shift));
  }
};

const Vector theta{{0.3, 0.5, -0.2}}, x0 = Vector::Ones(3), w{{1, 2, -3}};

TEST_CASE("what f prepares is differentiated by every method, once a run") {
  int ignored = 0;
  const auto whole = make_problem(Whole{{&ignored}}, 3, 3);
  for (const test::Way& way : test::ways({.last_steps = 9, .budget = 6000})) {
    const std::string& name = way.name;
    const Method& method = way.method;
    CAPTURE(name);
    int count = 0;
    const auto problem = make_problem(KernelLoss{&count}, 3, 3);
    const auto check = [&](const auto& solver) {
      const SolveOptions options{.steps = 30};
      const Derivative d = jacobian(problem, solver, x0, theta, options, method),
                       e = jacobian(whole, solver, x0, theta, options, method);
      CHECK((d.dx - e.dx).norm() <= way.rounding * e.dx.norm());
      CHECK(d.x == e.x);
      if (name != "finite difference") CHECK(count == 1);
      const Vjp v = vjp(problem, solver, x0, theta, w, options, method),
                u = vjp(whole, solver, x0, theta, w, options, method);
      CHECK((v.dtheta - u.dtheta).norm() <= way.rounding * u.dtheta.norm());
    };
    check(GradientDescent{0.1});
    check(HeavyBall{0.1, 0.3});
  }
}

TEST_CASE("its derivatives are those of the whole, second ones of what is prepared included") {
  int count = 0;
  const auto problem = make_problem(KernelLoss{&count}, 3, 3);
  const auto whole = make_problem(Whole{{&count}}, 3, 3);
  const Matrix X = Matrix::Random(3, 2), T = Matrix::Random(3, 2);
  for (const Matrix& tangents : {T, Matrix(Matrix::Zero(3, 2))}) {
    const SecondOrder a = problem.second_order(x0, theta, X, tangents),
                      b = whole.second_order(x0, theta, X, tangents);
    CHECK((a.dx - b.dx).norm() <= 1e-14);
    CHECK((a.dtheta - b.dtheta).norm() <= 1e-13);
  }
  CHECK((problem.parameter_gradient(x0, theta) - whole.parameter_gradient(x0, theta)).norm() <= 1e-14);
  CHECK(problem.value(x0, theta) == doctest::Approx(whole.value(x0, theta)));
  const auto given = problem.given(theta);
  REQUIRE(given != nullptr);
  CHECK(given->point().size() == 3 + 9 + 3 + 1);
  CHECK((given->pull(given->push(T)) - given->pull(given->push(T))).norm() == 0);
  const Matrix W = Matrix::Random(16, 2);
  CHECK(((W.transpose() * given->push(T)) - (given->pull(W).transpose() * T)).norm() <= 1e-13);
  CHECK(whole.given(theta) == nullptr);
}

/// Constants among what is prepared, lists too: ½c‖x − B_1 b‖² + Σ_k list_k·x.
struct Mixed {
  template <class V>
  struct Prepared {
    double c;
    V b;
    Matrix B;
    std::vector<V> list;
    scalar_t<V> s;
  };
  template <class V>
  Prepared<V> prepare(const V& theta) const {
    return {2.0,
            V(square(theta)),
            Matrix(2.0 * Matrix::Identity(2, 2)),
            {V(0.1 * theta), V(exp(theta))},
            scalar_t<V>(theta[0] * theta[1])};
  }
  template <class V>
  scalar_t<V> operator()(const V& x, const V&, const Prepared<V>& p) const {
    return 0.5 * p.c * squared_norm(V(x - p.B * p.b)) + dot(p.list[0], x) + dot(p.list[1], x) + p.s * sum(x);
  }
};

TEST_CASE("numbers and matrices of numbers among what f prepares are constants, and lists are not") {
  const auto problem = make_problem(Mixed{}, 2, 2);
  const Vector at{{0.3, 0.5}}, x0{{1.0, -1.0}};
  // 2(x − 2θ²) + θ/10 + e^θ + θ_0θ_1 = 0.
  Matrix right = Matrix((4.0 * at.array() - 0.05 - 0.5 * at.array().exp()).matrix().asDiagonal());
  right.rowwise() -= 0.5 * Eigen::RowVector2d(at[1], at[0]);
  for (const Method& method : {Method(Reverse{}), Method(Forward{}), Method(Implicit{})}) {
    const Derivative d = jacobian(problem, GradientDescent{0.3}, x0, at, {.steps = 100}, method);
    CHECK((d.dx - right).norm() <= 1e-12);
  }
}

TEST_CASE("a hypergradient goes through what is prepared, a single array too") {
  const auto problem = make_problem(Shifted{}, 3, 3);  // x* = θ²
  const auto outer = [](const auto& x, const auto&) { return sum(x); };
  const Hypergradient h = hypergradient(outer, problem, GradientDescent{0.5}, x0, theta, {.steps = 60});
  CHECK((h.dtheta - 2 * theta).norm() <= 1e-12);
}

TEST_CASE("what second-order products record inside a problem is in the record of implicit differentiation") {
  int count = 0;
  const auto whole = make_problem(Whole{{&count}}, 3, 3);
  const Derivative d =
      jacobian(whole, GradientDescent{0.1}, x0, theta, {.steps = 3}, Implicit{.certify = Certify::never});
  CHECK(d.cost.tape_bytes > 9 * 8);  // K alone
  CHECK(d.cost.tape_bytes < 20000);
}

/// Prepares another number of entries for every θ.
struct Growing {
  template <class V>
  V prepare(const V& t) const {
    static int calls = 0;
    return ++calls % 2 == 0 ? V(t) : V(concatenate(t, t));
  }
  template <class V>
  scalar_t<V> operator()(const V& x, const V&, const V& p) const {
    return squared_norm(x) * p[0];
  }
};

TEST_CASE("what is prepared must have one shape") {
  const auto problem = make_problem(Growing{}, 3, 3);
  const auto given = problem.given(theta);
  CHECK_THROWS_WITH_AS(given->pull(Matrix::Ones(given->point().size(), 1));
                       given->pull(Matrix::Ones(given->point().size(), 1)),
                       doctest::Contains("must always have one shape"), ShapeError);
}

}  // namespace
TEST_CASE("products with the Hessian at one theta prepare once, and leave theta's cotangents alone") {
  int count = 0;
  const auto problem = make_problem(KernelLoss{&count}, 3, 3);
  const Vector x{{0.4, -0.2, 0.1}}, at{{0.3, 0.5, -0.4}};
  const auto whole = make_problem(Whole{KernelLoss{&count}}, 3, 3);
  const Matrix H = problem.hessian(x, at);
  CHECK(count == 1);
  CHECK((H - whole.hessian(x, at)).norm() <= 1e-14);
  count = 0;
  const Trajectory run = solve(problem, Newton{}, x, at, {.steps = 3});
  CHECK(count <= 1);
  CHECK(problem.gradient(run.x(), at).norm() <= 1e-12);
}

}  // namespace unroll::prepared
