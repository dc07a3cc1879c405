#include "unroll/solver/solver.hpp"

#include <doctest/doctest.h>

#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"

namespace unroll {
namespace {

template <class V>
struct TwoVectors {
  V x, z;
};
template <class V>
struct ArraysAlone {
  V y, z;
};
template <class V>
struct IterateUnnamed {
  V y, z;
  Index count = 0;
};
template <class V>
class NoAggregate {
 public:
  explicit NoAggregate(const V& start) : x(start) {}
  V x;
};

struct WithoutInit {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - f.gradient(s.x, theta)};
  }
};
struct WithInit {
  template <class V>
  TwoVectors<V> init(const V& x0) const {
    return {x0, x0};
  }
  template <class V>
  TwoVectors<V> step(const Oracle<V>&, const TwoVectors<V>& s, const V&, Index) const {
    return s;
  }
};
struct OnlyPlain {
  State<Vector> step(const Oracle<Vector>&, const State<Vector>& s, const Vector&, Index) const { return s; }
};
struct NoStep {};
struct StepIsNotConst {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index) {
    return s;
  }
};
struct StepForgetsTheta {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, Index) const {
    return s;
  }
};
struct StepReturnsAnArray {
  template <class V>
  V step(const Oracle<V>&, const State<V>& s, const V&, Index) const {
    return s.x;
  }
};
struct StepTakesAnotherState {
  template <class V>
  TwoVectors<V> step(const Oracle<V>&, const TwoVectors<V>& s, const V&, Index) const {
    return s;
  }
};
template <template <class> class S>
struct WithState {
  template <class V>
  S<V> init(const V& x0) const {
    if constexpr (std::is_aggregate_v<S<V>>) {
      return {x0, x0};
    } else {
      return S<V>(x0);
    }
  }
  template <class V>
  S<V> step(const Oracle<V>&, const S<V>& s, const V&, Index) const {
    return s;
  }
};

static_assert(Solver<GradientDescent> && Solver<HeavyBall> && Solver<Nesterov> && Solver<Chebyshev>);
static_assert(LinearMethod<GradientDescent> && LinearMethod<HeavyBall> && LinearMethod<Nesterov> &&
              LinearMethod<Chebyshev>);
static_assert(Solver<WithoutInit> && Solver<WithInit> && Solver<WithState<TwoVectors>>);
static_assert(!LinearMethod<WithInit>);
static_assert(SolverOver<OnlyPlain, Vector> && !SolverOver<OnlyPlain, VarVector> && !Solver<OnlyPlain>);
static_assert(!Solver<NoStep> && !HasStep<NoStep, Vector>);
static_assert(!Solver<StepIsNotConst> && !HasStep<StepIsNotConst, Vector>);
static_assert(!Solver<StepForgetsTheta> && !HasStep<StepForgetsTheta, Vector>);
static_assert(!Solver<StepTakesAnotherState> && !HasStep<StepTakesAnotherState, Vector>);
static_assert(!Solver<StepReturnsAnArray> && HasStep<StepReturnsAnArray, Vector>);
static_assert(Solver<WithState<ArraysAlone>> && SolverState<ArraysAlone<DualVector>, DualVector>);
static_assert(!Solver<WithState<IterateUnnamed>> && !SolverState<IterateUnnamed<Vector>, Vector>);
static_assert(!Solver<WithState<NoAggregate>> && !SolverState<NoAggregate<Vector>, Vector>);

TEST_CASE("a solver without init starts from its iterate alone") {
  const Vector x0 = Vector::Constant(2, 3.0);
  const State<Vector> state = initial_state(WithoutInit{}, x0, x0);
  CHECK(state.x == x0);
}

TEST_CASE("a solver with init starts from what init returns") {
  const Vector x0 = Vector::Constant(2, 3.0);
  const TwoVectors<Vector> state = initial_state(WithInit{}, x0, x0);
  CHECK(state.x == x0);
  CHECK(state.z == x0);
}

TEST_CASE("a solver's own check is called, and a solver without one passes") {
  CHECK_NOTHROW(check_solver(WithoutInit{}));
  CHECK_THROWS_AS(check_solver(GradientDescent{.step_size = -1}), DomainError);
}

}  // namespace
}  // namespace unroll
