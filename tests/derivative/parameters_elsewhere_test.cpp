// Gradients of f that a step asks for at a copy of θ, or at what it carries in its state: sums of their
// cotangents are no adjoint, and no derivative may be lost with them.
#include <doctest/doctest.h>

#include "support/texts.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/derivative/implicit.hpp"
#include "unroll/derivative/reverse.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"

namespace unroll::parameters_elsewhere {
namespace {

/// f = ½‖x − θ∘θ‖² + ¼‖x‖²: ∂x* is diag(4θ/3).
struct Distance {
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    return scalar_t<V>(0.5 * squared_norm(V(x - V(square(theta)))) + 0.25 * squared_norm(x));
  }
};

template <bool declares>
struct Declared {};
template <>
struct Declared<true> {
  static constexpr Equation equation = Equation::gradient;
};
template <class V>
struct Carrying {
  V x, parameters;
};
/// What all share: a state of x and of θ, which the first step puts there.
template <bool declares>
struct Carries : Declared<declares> {
  template <class V>
  using State = Carrying<V>;
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const V own = t == 0 ? theta : s.parameters;
    return {V(s.x - 0.3 * f.gradient(s.x, own)), own};
  }
};
/// Half of the gradient at θ, half at what is carried.
template <bool declares>
struct Halves : Carries<declares> {
  template <class V>
  Carrying<V> step(const Oracle<V>& f, const Carrying<V>& s, const V& theta, Index t) const {
    const V own = t == 0 ? theta : s.parameters;
    return {V(s.x - 0.15 * f.gradient(s.x, own) - 0.15 * f.gradient(s.x, theta)), own};
  }
};
/// At a copy, which every step makes anew; or every other one.
template <bool declares, int every>
struct Copies : Declared<declares> {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const V copy = 1.0 * theta;
    return {V(s.x - 0.3 * f.gradient(s.x, t % every == 0 ? copy : theta))};
  }
};
/// At what was prepared.
template <bool declares>
struct Prepares : Declared<declares> {
  template <class V>
  V prepare(const V& theta) const {
    return V(1.0 * theta);
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V&, Index, const V& prepared) const {
    return {V(s.x - 0.3 * f.gradient(s.x, prepared))};
  }
};
/// With a frozen step that carries it, too.
template <bool declares>
struct Frozen : Carries<declares> {
  template <class V>
  Carrying<V> frozen_step(const Oracle<V>& f, const Carrying<V>& s, const V& theta, Index t) const {
    return Carries<declares>::step(f, s, theta, t);
  }
};

const Vector theta{{0.8, 1.5}}, x0 = Vector::Zero(2);
const Matrix solution = (4.0 / 3 * theta).asDiagonal();

template <class S>
void check(const S& solver, Index steps, const Method& method, const Matrix& expected, double tolerance) {
  const auto problem = make_problem(Distance{}, 2, 2);
  const SolveOptions options{.steps = steps};
  CHECK((jacobian(problem, solver, x0, theta, options, method).dx - expected).norm() <= tolerance);
  const Vector w{{1.0, 2.0}};
  CHECK((vjp(problem, solver, x0, theta, w, options, method).dtheta - expected.transpose() * w).norm() <=
        3 * tolerance);
  const auto loss = [&w](const auto& x, const auto&) { return dot(w, x); };
  CHECK((hypergradient(loss, problem, solver, x0, theta, options, method).dtheta - expected.transpose() * w)
            .norm() <= 3 * tolerance);
}

template <class S>
void check_methods(const S& solver) {
  for (const Method& method :
       {Method(Reverse{}), Method(Reverse{.corrected = true}), Method(Reverse{.last_steps = 40}),
        Method(Reverse{.last_steps = 40, .corrected = true}), Method(Reverse{.at_end = true}),
        Method(Reverse{.last_steps = automatic, .corrected = true}),
        Method(Reverse{.memory_budget = 4000, .corrected = true})})
    check(solver, 80, method, solution, 1e-9);
  const auto problem = make_problem(Distance{}, 2, 2);
  // And where the run ends by its tolerance.
  const auto d = vjp(problem, solver, x0, theta, Vector::Ones(2), {.steps = 500, .tolerance = 1e-4},
                     Reverse{.corrected = true});
  CHECK(d.status == Status::converged);
  CHECK((d.dtheta - solution.transpose() * Vector::Ones(2)).norm() <= 1e-3);
}

TEST_CASE("gradients at what the state carries are differentiated by every method") {
  check_methods(Carries<false>{});
  check_methods(Carries<true>{});
  check_methods(Halves<false>{});
  check_methods(Halves<true>{});
  check_methods(Frozen<false>{});
  check_methods(Frozen<true>{});
}

TEST_CASE("so are gradients at a copy of theta, and at what was prepared") {
  check_methods(Copies<false, 1>{});
  check_methods(Copies<true, 1>{});
  check_methods(Prepares<false>{});
  check_methods(Prepares<true>{});
  check(Copies<false, 2>{}, 80, Reverse{}, solution, 1e-9);
  check(Copies<true, 2>{}, 80, Reverse{.corrected = true}, solution, 1e-9);
}

TEST_CASE("the adjoint's equation by gradients is refused where it is asked for and they are elsewhere") {
  const auto problem = make_problem(Distance{}, 2, 2);
  const std::string message = test::message_of<UnsupportedError>([&] {
    jacobian(problem, Copies<false, 1>{}, x0, theta, {.steps = 20},
             Reverse{.corrected = true, .equation = Equation::gradient});
  });
  CHECK(test::contains(message, "a step asks for gradients of f at parameters that are not its argument"));
}

TEST_CASE("no certificate is made of such sums") {
  const auto problem = make_problem(Distance{}, 2, 2);
  const auto d = vjp(problem, Copies<true, 1>{}, x0, theta, Vector::Ones(2), {.steps = 80}, Reverse{});
  CHECK(d.certificate.verdict != Verdict::inside_burn_in);
}

}  // namespace
}  // namespace unroll::parameters_elsewhere
