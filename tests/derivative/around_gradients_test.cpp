// Solvers whose end is a zero of the gradient that they do not, or not only, ask f for.
#include <doctest/doctest.h>

#include <vector>

#include "unroll/ad/assembly.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/problem/make_problem.hpp"

namespace unroll::around {
namespace {

/// ½ xᵀHx − θᵀx.
struct Quadratic {
  Matrix H;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * dot(x, V(H * x)) - dot(theta, x);
  }
};

/// Solves its equation by sweeps that ask for no gradient (Gauss-Seidel), or by steps along one whose part in
/// θ is not all. That ∇f vanishes at the end is true, that it is summed there is not.
enum class Around { all, half };
template <Around how>
struct AroundGradients {
  static constexpr Equation equation = Equation::gradient;
  Matrix H;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    if (how == Around::half) return {V(s.x - 0.5 * (f.gradient(s.x, V(0.5 * theta)) - 0.5 * theta))};
    std::vector<scalar_t<V>> x;
    for (Index i = 0; i < s.x.size(); ++i) x.push_back(scalar_t<V>(s.x[i]));
    for (Index i = 0; i < s.x.size(); ++i) {
      scalar_t<V> rest = theta[i];
      for (Index j = 0; j < s.x.size(); ++j)
        if (j != i) rest = rest - H(i, j) * x[static_cast<std::size_t>(j)];
      x[static_cast<std::size_t>(i)] = rest / H(i, i);
    }
    return {V(assemble(x))};
  }
};

template <Around how>
void check_around(const Matrix& H) {
  const auto problem = make_problem(Quadratic{H}, 3, 3);
  const Vector theta{{1, -2, 0.5}}, x0 = Vector::Zero(3);
  const Matrix right = H.inverse();
  for (const std::size_t budget : {std::size_t{0}, std::size_t{8000}}) {
    const auto by = [&](Reverse method) {
      method.memory_budget = budget;
      return jacobian(problem, AroundGradients<how>{H}, x0, theta, {.steps = 80}, method);
    };
    const Derivative d = by({.corrected = true});
    CHECK((d.dx - right).norm() <= 1e-9);
    CHECK(d.corrected_by == Equation::fixed_point);
  }
  const Derivative d =
      jacobian(problem, AroundGradients<how>{H}, x0, theta, {.steps = 80}, Reverse{.at_end = true});
  CHECK((d.dx - right).norm() <= 1e-9);
}

TEST_CASE("where theta reaches x around the gradients that a solver declares they are not believed") {
  const Matrix H{{1, 0.2, 0.1}, {0.2, 1.2, 0.3}, {0.1, 0.3, 0.9}};
  check_around<Around::all>(H);
  check_around<Around::half>(H);
}

/// Gradient descent with weight decay, which comes to rest where ∇f = −0.2 x, and declares ∇f = 0.
struct Decays {
  static constexpr Equation equation = Equation::gradient;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {V(0.94 * s.x - 0.3 * f.gradient(s.x, theta))};
  }
};

TEST_CASE("an equation that is declared and does not hold where the steps rest is told") {
  const auto problem = make_problem(Quadratic{Matrix::Identity(3, 3)}, 3, 3);
  const Vector theta{{1, -2, 0.5}};
  for (const Certify certify : {Certify::automatic, Certify::always}) {
    const Derivative d =
        jacobian(problem, Decays{}, Vector::Zero(3), theta, {.steps = 400}, Implicit{.certify = certify});
    CHECK(d.certificate.verdict == Verdict::other_equation);
  }
}

/// One entry after another, each to its minimum.
struct InTurn {
  static constexpr Equation equation = Equation::gradient;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    return {V(s.x - cwise_product(Vector(Vector::Unit(3, t % 3)), f.gradient(s.x, theta)))};
  }
};

TEST_CASE("one step that does not move x is no rest elsewhere, the others may") {
  const Matrix H{{1, 0, 0}, {0, 1, 0.5}, {0, 0.5, 1}};
  const auto problem = make_problem(Quadratic{H}, 3, 3);
  for (const Index steps : {4, 19, 22}) {  // the last of them is of entry 0, which is where it was
    const Derivative d = jacobian(problem, InTurn{}, Vector::Zero(3), Vector{{1, -2, 0.5}}, {.steps = steps},
                                  Implicit{.certify = Certify::always});
    CHECK(d.certificate.verdict != Verdict::other_equation);
  }
}

}  // namespace
}  // namespace unroll::around
