// What is said where a derivative is not what it seems, or is none.
#include <doctest/doctest.h>

#include "support/texts.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/least_squares.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gauss_newton.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll::messages {
namespace {

using test::contains;

/// r = exp(x) − θ, of which a step of Gauss–Newton from −6 ends where no number is large enough.
struct Exponential {
  template <class V>
  V operator()(const V& x, const V& theta) const {
    return V(exp(x)) - theta;
  }
};

TEST_CASE("of a run that diverged it is said that numbers are not finite, and no matrix is called singular") {
  const Vector far{{3, 0.1}}, theta{{2, 1}};
  const auto check = [](const auto& f) {
    const std::string message = test::message_of<NumericalError>(f);
    CAPTURE(message);
    CHECK(contains(message, "not finite"));
    CHECK_FALSE(contains(message, "singular"));
    CHECK_FALSE(contains(message, "nan"));
  };
  const auto fit = make_least_squares(Exponential{}, 2, 2);
  const auto quartic = make_problem(
      []<class V>(const V& x, const V& t) { return sum(V(square(V(square(x))))) - dot(x, t); }, 2, 2);
  const SolveOptions options{.steps = 40};
  REQUIRE(solve(quartic, GradientDescent{1}, far, theta, options).status == Status::non_finite);
  for (const LinearSolver linear : {LinearSolver::automatic, LinearSolver::dense,
                                    LinearSolver::conjugate_gradient, LinearSolver::gmres}) {
    const Implicit method{.linear_solver = linear};
    const auto end = [&] { jacobian(quartic, GradientDescent{1}, far, theta, options, method); };
    check(end);
    CHECK(contains(test::message_of<NumericalError>(end), "the run ended after step"));
    check([&] { jacobian(fit, GaussNewton{}, Vector{{-6, 0.1}}, theta, options, method); });
  }
}

TEST_CASE("where H is indefinite it is said whether x is stationary at all") {
  const auto saddle = make_problem(
      []<class V>(const V& x, const V& t) { return 0.5 * (x[0] * x[0] - x[1] * x[1]) - dot(x, t); }, 2, 2);
  const std::string message = test::message_of<NumericalError>([&] {
    jacobian(saddle, GradientDescent{0.1}, Vector{{3, 4}}, Vector{{2, 1}}, {.steps = 1}, Implicit{});
  });
  CAPTURE(message);
  CHECK(contains(message, "x_T, after 1 steps, has a gradient of length 5.6"));
}

/// x⁺ = x/2 + θ.
struct Halving {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(0.5 * s.x + theta)};
  }
};

TEST_CASE("a certificate speaks of the equation that there is: x - Phi(x), or the gradient") {
  const Vector x0 = Vector::Zero(2), theta{{1, 2}};
  for (const Method& method :
       {Method(Reverse{.certify = Certify::always}), Method(Implicit{.certify = Certify::always}),
        Method(OneStep{.certify = Certify::always})}) {
    const std::string of_map =
        jacobian(NoObjective(2, 2), Halving{}, x0, theta, {.steps = 40}, method).certificate.message();
    CAPTURE(of_map);
    CHECK(contains(of_map, "x - Phi(x) "));
    CHECK_FALSE(contains(of_map, "gradient"));
  }
  const auto parabola =
      make_problem([]<class V>(const V& x, const V& t) { return 0.5 * squared_norm(V(x - t)); }, 2, 2);
  const std::string of_gradient =
      jacobian(parabola, GradientDescent{0.5}, x0, theta, {.steps = 40}, Reverse{.certify = Certify::always})
          .certificate.message();
  CAPTURE(of_gradient);
  CHECK(contains(of_gradient, "gradient "));
  CHECK_FALSE(contains(of_gradient, "Phi"));
}

}  // namespace
}  // namespace unroll::messages
