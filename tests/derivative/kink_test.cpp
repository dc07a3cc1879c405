// Where a bound is only just active, or an entry at the end of its support: the derivative of a piece is no
// derivative of x*, and the certificate names the entries.
#include <doctest/doctest.h>

#include <limits>
#include <type_traits>

#include "unroll/compare/normal.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/problem/quadratic_program.hpp"
#include "unroll/solver/admm.hpp"
#include "unroll/solver/bounded_lbfgs.hpp"
#include "unroll/solver/fista.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll::kink {
namespace {

/// f = ½(x − θ)ᵀK(x − θ), K tridiagonal (−1, 4, −1): without bounds x* = θ.
struct Springs {
  static Matrix stiffness(Index n) {
    Matrix K = 4 * Matrix::Identity(n, n);
    K.diagonal(1).setConstant(-1);
    K.diagonal(-1).setConstant(-1);
    return K;
  }
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V d = x - theta;
    return 0.5 * dot(d, V(stiffness(d.size()) * d));
  }
};

constexpr Index n = 4;
const Box positive{Vector::Zero(n), Vector::Constant(n, std::numeric_limits<double>::infinity())};
// With x_1 = 0 its slope is −4 θ_1 + θ_0 + θ_2 − x_0 − x_2: zero where θ_1 is, and no other entry is held.
const Vector weak{{0.5, 0, 0.7, 0.4}}, held{{0.5, -0.2, 0.7, 0.4}}, loose{{0.5, 0.2, 0.7, 0.4}};

const std::vector<Method> certified{Reverse{.certify = Certify::always}, Forward{.certify = Certify::always},
                                    Implicit{.certify = Certify::always}};

template <class S>
void check_named(const S& solver, Index steps, const std::vector<Method>& methods) {
  const auto problem = make_problem(Springs{}, n, n);
  const Vector x0 = Vector::Ones(n), w = Vector::LinSpaced(n, 1, 2);
  for (const Method& method : methods) {
    const auto of = [&](const Vector& theta) {
      const Certificate c = jacobian(problem, solver, x0, theta, {.steps = steps}, method).certificate,
                        v = vjp(problem, solver, x0, theta, w, {.steps = steps}, method).certificate;
      CHECK(v.verdict == c.verdict);
      CHECK(v.kinks == c.kinks);
      return c;
    };
    const Certificate at = of(weak);
    CAPTURE(at.message());
    CHECK(at.verdict == Verdict::at_kink);
    CHECK(at.kinks == std::vector<Index>{1});
    CHECK(at.message().find("entry 1") != std::string::npos);
    for (const Vector& theta : {held, loose}) {
      const Certificate c = of(theta);
      CAPTURE(c.message());
      CHECK(c.verdict == Verdict::good);
      CHECK(c.kinks.empty());
    }
  }
}

TEST_CASE("a bound with a multiplier of zero is named by every certificate of a fixed point") {
  std::vector<Method> all = certified;
  all.push_back(Reverse{.corrected = true, .certify = Certify::always});
  check_named(ProximalGradient<Box>{1.0 / 6, positive}, 200, all);
  check_named(Fista<Box>{1.0 / 6, positive}, 300, all);
  check_named(BoundedLbfgs{positive}, 30, certified);  // (a list that grows has no corrected form)
}

/// f = ½‖x − θ‖²: a step of 1 reaches x* = prox(θ) from anywhere, so that the state does not matter to it.
struct Nearest {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * squared_norm(V(x - head(theta, x.size())));
  }
};

TEST_CASE("a kink in θ alone, where the state does not matter") {
  const Certificate c = jacobian(make_problem(Nearest{}, n, n), ProximalGradient<Box>{1, positive},
                                 Vector::Ones(n), weak, {.steps = 5}, Implicit{.certify = Certify::always})
                            .certificate;
  CAPTURE(c.message());
  CHECK(c.verdict == Verdict::at_kink);
  CHECK(c.kinks == std::vector<Index>{1});
}

TEST_CASE("the end of a lasso's support is one: a correlation as large as the weight") {
  // θ = (b, λ), x* = soft threshold of b at λ; entries 0 and 3 are on it.
  const auto problem = make_problem(Nearest{}, n, n + 1);
  const ProximalGradient<L1> solver{0.5, {.weight = 1, .parameter = n}};
  const auto of = [&](double third) {
    return jacobian(problem, solver, Vector::Ones(n), Vector{{0.3, 1, 0.1, third, 0.3}}, {.steps = 100},
                    Reverse{.certify = Certify::always})
        .certificate;
  };
  CHECK(of(-0.3).kinks == std::vector<Index>{0, 3});
  CHECK(of(-0.3).message().find("entries 0, 3") != std::string::npos);
  CHECK(of(-0.4).kinks == std::vector<Index>{0});
}

/// A step with a branch of the user's own: x ← max(x − h(x − θ), 0).
struct Clipped {
  static constexpr Equation equation = Equation::fixed_point;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V next = s.x - 0.5 * f.gradient(s.x, theta);
    return {relu(next)};
  }
};

TEST_CASE("so is that of a user's own step") {
  const Certificate c = jacobian(make_problem(Nearest{}, n, n), Clipped{}, Vector::Ones(n), weak,
                                 {.steps = 100}, Reverse{.certify = Certify::always})
                            .certificate;
  CHECK(c.kinks == std::vector<Index>{1});
}

TEST_CASE(
    "a run that has further to go than a bound is away does not vouch for the piece; a longer one does") {
  const auto problem = make_problem(Nearest{}, n, n);
  const ProximalGradient<Box> solver{0.5, positive};
  const auto of = [&](Index steps) {
    return jacobian(problem, solver, Vector::Constant(n, 2), Vector{{0.5, 1e-3, 0.7, 0.4}}, {.steps = steps},
                    Reverse{.certify = Certify::always})
        .certificate;
  };
  CHECK(of(12).verdict == Verdict::at_kink);
  CHECK(of(12).kinks == std::vector<Index>{1});
  CHECK(of(30).verdict == Verdict::good);
}

/// min ½‖x − θ‖² over x_0 + x_1 ≤ 1.
struct Halfplane {
  template <class V>
  ProgramAt<V> operator()(const V& theta) const {
    return {matrix_t<V>(Matrix(Matrix::Identity(2, 2))), V(-1.0 * theta), matrix_t<V>(Matrix{{1, 1}}),
            V(Vector{{-std::numeric_limits<double>::infinity()}}), V(Vector{{1}})};
  }
};

TEST_CASE("a constraint of a program that is active without being pushed") {
  const auto program = make_quadratic_program(Halfplane{}, 2, 1, 2);
  for (const Method& method : certified) {
    const auto of = [&](double first) {
      return jacobian(program, Admm(program), Vector::Zero(2), Vector{{first, 0.3}}, {.steps = 400}, method)
          .certificate;
    };
    CAPTURE(of(0.7).message());
    CHECK(of(0.7).verdict == Verdict::at_kink);
    REQUIRE(!of(0.7).kinks.empty());
    CHECK(of(0.7).kinks[0] >= 2);  // not x itself: the constraint, or its multiplier
    CHECK(of(0.9).kinks.empty());
    CHECK(of(0.5).kinks.empty());
  }
}

/// Without bounds, but θ > 0 is asked for: a displaced θ is refused, and the state alone is displaced.
struct Rooted {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    if (value_of(theta)[0] < 1) throw DomainError("theta below 1");
    return 0.5 * squared_norm(V(x - theta));
  }
};

TEST_CASE("a θ at the end of its domain is no obstacle") {
  const Certificate c =
      jacobian(make_problem(Rooted{}, 2, 2),
               ProximalGradient<Box>{0.5, {Vector::Zero(2), Vector::Constant(2, 9)}}, Vector::Ones(2),
               Vector{{1, 0}}, {.steps = 100}, Reverse{.certify = Certify::always})
          .certificate;
  CHECK(c.kinks == std::vector<Index>{1});
}

/// f = Σ (2/5 x^{5/2} − θx), defined for x ≥ 0 alone: x* = max(θ, 0)^{2/3}.
struct Rising {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return sum(V(0.4 * V(pow(x, 2.5)) - V(cwise_product(theta, x))));
  }
};

TEST_CASE("where f ends at the bound nothing is seen beyond it, and the derivative stays what it was") {
  const Vector theta{{1, -0.5}};  // the second is held by its bound
  for (const Method& method : certified) {
    const Derivative d =
        jacobian(make_problem(Rising{}, 2, 2), BoundedLbfgs{{Vector::Zero(2), Vector::Constant(2, 9)}},
                 Vector::Constant(2, 0.5), theta, {.steps = 40}, method);
    CHECK(d.dx.allFinite());
    CHECK(d.dx(0, 0) == doctest::Approx(2.0 / 3));
    CHECK(d.dx(1, 1) == 0);
  }
}

TEST_CASE("a kink across an oblique surface is seen, whatever its normal") {
  // θ on the ball's surface, and on the cone's: one multiplier, which is 0.
  NormalGenerator normal(7);
  const auto of = [](const auto& term, const Vector& theta) {
    return jacobian(make_problem(Nearest{}, theta.size(), theta.size()),
                    ProximalGradient<std::remove_cvref_t<decltype(term)>>{0.5, term},
                    Vector(Vector::Ones(theta.size())), theta, {.steps = 120},
                    Implicit{.certify = Certify::always})
        .certificate.verdict;
  };
  int seen = 0;
  constexpr int tried = 30;
  for (int k = 0; k < tried; ++k) {
    const Vector d = normal.vector(5).normalized();
    Vector on_cone(6);
    on_cone << d, 1;
    seen += of(L2Ball{1.0}, d) == Verdict::at_kink;
    seen += of(SecondOrderCone{}, on_cone) == Verdict::at_kink;
    CHECK(of(L2Ball{1.0}, 1.2 * d) == Verdict::good);
    CHECK(of(L2Ball{1.0}, 0.8 * d) == Verdict::good);
  }
  CHECK(seen == 2 * tried);
}

/// f = ½‖x − c∘θ‖².
struct Weighted {
  Vector c;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * squared_norm(V(x - V(cwise_product(c, theta))));
  }
};

TEST_CASE("each entry of θ is displaced in its own units, and a small derivative is one") {
  const auto of = [](const Vector& c, const Vector& theta, double h) {
    return jacobian(make_problem(Weighted{c}, 2, 2),
                    ProximalGradient<Box>{h, {Vector::Zero(2), Vector::Constant(2, 1e300)}}, Vector::Ones(2),
                    theta, {.steps = 200}, Implicit{.certify = Certify::always})
        .certificate;
  };
  CHECK(of(Vector{{1e-8, 1}}, Vector{{1e8, -0.05}}, 0.5).verdict == Verdict::good);
  for (const double h : {0.5, 1.0})
    CHECK(of(Vector{{1e-7, 1e-7}}, Vector{{1e7, 0}}, h).kinks == std::vector<Index>{1});
}

}  // namespace
}  // namespace unroll::kink
