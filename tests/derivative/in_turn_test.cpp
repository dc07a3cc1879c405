// Certificates of steps that differ with their number, and of solvers that declare no equation.
#include <doctest/doctest.h>

#include <cmath>

#include "support/texts.hpp"
#include "support/worst.hpp"
#include "unroll/ad/prox.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace unroll::turns {
namespace {

/// x' = x/2 + θ_0 and x/2 + θ_1 in turn, of which ∂x* = (2/3, 4/3) after an even number of steps.
struct Alternating {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    return {0.5 * s.x + V(segment(theta, t % 2, 1))};
  }
};

/// Row t mod 3 of A x = θ is solved for x's entry.
struct OneRow {
  static constexpr Equation equation = Equation::fixed_point;
  const Matrix A{{1, 0.8, 0}, {0.8, 1, 0.5}, {0, 0.5, 1}};
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    return {s.x - cwise_product(V(A * s.x - theta), Vector(Vector::Unit(3, t % 3)))};
  }
};

/// Down f by steps that end before they arrive.
template <Equation declared>
struct Freezing {
  static constexpr Equation equation = declared;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    return {s.x - std::ldexp(0.05, -static_cast<int>(t)) * f.gradient(s.x, theta)};
  }
};

/// Shrinks every entry by hθ after a step down f.
struct Shrinking {
  double h;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V v = s.x - h * f.gradient(s.x, theta);
    const scalar_t<V> least = h * theta[0];
    return {relu(V(v - least)) - relu(V(-1.0 * v - least))};
  }
};

/// For a weight of 0.1 on |x|: half a step down f, then the shrinkage.
struct Sparse {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {soft_threshold(V(s.x - 0.5 * f.gradient(s.x, theta)), 0.05)};
  }
};

bool says(const Certificate& c, Verdict verdict) { return c.verdict == verdict; }

TEST_CASE("of steps that take turns no derivative of one is good, and none of all is wrong") {
  const NoObjective none(1, 2);
  const Vector x0 = Vector::Zero(1), theta = Vector::Ones(2), w = Vector::Ones(1);
  const SolveOptions options{.steps = 60};
  for (const Certify certify : {Certify::automatic, Certify::always}) {
    for (const Method& method :
         {Method(Implicit{.certify = certify}), Method(Reverse{.corrected = true, .certify = certify}),
          Method(Reverse{.at_end = true, .certify = certify})}) {
      CHECK_FALSE(says(jacobian(none, Alternating{}, x0, theta, options, method).certificate, Verdict::good));
      CHECK_FALSE(says(vjp(none, Alternating{}, x0, theta, w, options, method).certificate, Verdict::good));
    }
    for (const Method& method : {Method(Reverse{.certify = certify}), Method(Forward{.certify = certify})}) {
      const Derivative all = jacobian(none, Alternating{}, x0, theta, options, method);
      CHECK(test::largest(all.dx - Matrix{{2.0 / 3, 4.0 / 3}}) <= 1e-12);
      CHECK_FALSE(says(all.certificate, Verdict::wrong_by_at_least));
      CHECK_FALSE(says(vjp(none, Alternating{}, x0, theta, w, options, method).certificate,
                       Verdict::wrong_by_at_least));
    }
  }
}

TEST_CASE("of rows that are solved one a step none has the derivative of all") {
  const NoObjective none(3, 3);
  const Vector x0 = Vector::Zero(3), theta{{1.0, 2.0, 3.0}};
  const Matrix right = OneRow{}.A.inverse();
  Index good = 0;
  for (Index steps = 5; steps <= 300; steps += steps < 100 ? 1 : 50) {
    CAPTURE(steps);
    for (const Method& method :
         {Method(Reverse{.certify = Certify::always}), Method(Forward{.certify = Certify::always})}) {
      const Derivative d = jacobian(none, OneRow{}, x0, theta, {.steps = steps}, method);
      if (d.certificate.bound) CHECK((d.dx - right).norm() <= *d.certificate.bound);
      if (says(d.certificate, Verdict::good)) ++good;
    }
  }
  CHECK(good >= 2);  // at the end
}

template <Equation declared>
void check_frozen() {
  const auto problem = make_problem(
      [](const auto& x, const auto& th) { return 0.5 * square(x[0]) + exp(x[0]) - th[0] * x[0]; }, 1, 1);
  for (const Method& method :
       {Method(Reverse{.certify = Certify::always}), Method(Forward{.certify = Certify::always})})
    CHECK_FALSE(says(jacobian(problem, Freezing<declared>{}, Vector(Vector::Zero(1)),
                              Vector(Vector::Constant(1, 20)), {.steps = 100}, method)
                         .certificate,
                     Verdict::good));
}

TEST_CASE("steps that freeze are at no fixed point of which anything is known") {
  check_frozen<Equation::gradient>();
  check_frozen<Equation::automatic>();
  check_frozen<Equation::fixed_point>();
}

TEST_CASE("until its gradient has fallen far a solver that declares nothing may solve another equation") {
  const auto problem =
      make_problem([](const auto& x, const auto& th) { return 0.5 * square(x[0] - th[0]); }, 1, 1);
  const Vector x0 = Vector::Constant(1, 10), theta = Vector::Constant(1, 0.05);  // x* = 0 near θ
  for (Index steps = 3; steps < 8; ++steps)
    for (const Method& method : {Method(Reverse{.certify = Certify::always}),
                                 Method(Reverse{.corrected = true, .certify = Certify::always})}) {
      const Derivative d = jacobian(problem, Sparse{}, x0, theta, {.steps = steps}, method);
      if (says(d.certificate, Verdict::good)) CHECK(std::abs(d.dx(0, 0)) <= 1e-12);
    }
}

TEST_CASE("what Implicit differentiates by the fixed point is certified by it, before it is reached, too") {
  const Index m = 20, n = 30;
  const Matrix A = Matrix::NullaryExpr(m, n, [](Index i, Index j) {
    return std::sin(1.0 + 3.7 * static_cast<double>(i * (j + 1))) / std::sqrt(20.0);
  });
  const Vector b = Vector::LinSpaced(m, -1, 2), theta = Vector::Constant(1, 0.1), x0 = Vector::Zero(n);
  const auto problem =
      make_problem([&](const auto& x, const auto&) { return 0.5 * squared_norm(A * x - b); }, n, 1);
  for (const Index steps : {20, 40, 80, 160, 400}) {
    CAPTURE(steps);
    const Derivative d =
        jacobian(problem, Shrinking{0.2}, x0, theta, {.steps = steps}, Implicit{.certify = Certify::always});
    CHECK(d.certificate.equation == Equation::fixed_point);
    CHECK_FALSE(says(d.certificate, Verdict::good));
    CHECK((d.certificate.bound || test::contains(d.certificate.message(), "no bound, as ")));
  }
}

TEST_CASE("where a bound was looked for and there is none, the message says why") {
  const auto flat =
      make_problem([](const auto& x, const auto& th) { return 0.5 * square(x[0] + x[1] - th[0]); }, 2, 1);
  const Vector x0 = Vector::Zero(2), theta = Vector::Ones(1), w = Vector::Ones(2);
  const SolveOptions options{.steps = 200};
  CHECK(test::contains(
      jacobian(flat, GradientDescent{0.25}, x0, theta, options, Reverse{.certify = Certify::always})
          .certificate.message(),
      "no bound, as H has no curvature above 0"));
  const auto strict =
      make_problem([](const auto& x, const auto& th) { return 0.5 * square(x[0] - th[0]); }, 1, 1);
  CHECK(test::contains(vjp(strict, GradientDescent{0.25}, Vector(Vector::Zero(1)), theta,
                           Vector(Vector::Ones(1)), options, Forward{.certify = Certify::always})
                           .certificate.message(),
                       "no bound, as the method has no adjoint"));
}

}  // namespace
}  // namespace unroll::turns
