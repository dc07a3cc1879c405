#include "unroll/derivative/solution.hpp"

#include <fmt/format.h>

#include <mutex>

#include "derivative/run/steps.hpp"
#include "unroll/ad/engine.hpp"
#include "unroll/derivative/second_order.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

using namespace ad;

namespace {

/// x_T as a map of θ, about the θ of the run.
class SolutionMap {
 public:
  SolutionMap(StepsPtr steps, const Method& method) {
    steps->run();
    const RunRecord& run = steps->record;
    if (run.status == Status::non_finite)
      throw NumericalError(fmt::format("solution: {}", message(run.status, run.steps)));
    const double tolerance = steps->options().tolerance;
    if (tolerance > 0 && run.status != Status::converged)
      throw NumericalError(fmt::format(
          "solution: the tolerance {:.3g} is not met after {} steps, of which the last moved x by {:.3g}; "
          "allow more steps, or start nearer",
          tolerance, run.steps, steps->last_move.value_or(0)));
    x_ = run.x;
    run_ = method.linearise(std::move(steps), {.columns = 1, .start = false});
  }

  const Vector& x() const { return x_; }

  Matrix push(const Matrix& theta_dot) const {
    const std::lock_guard lock(mutex_);
    return run_->push(theta_dot);
  }

  /// θ's cotangents, p×s, for W n×s.
  Matrix pull(const Matrix& w) const {
    const std::lock_guard lock(mutex_);
    Matrix pulled = run_->pull(w).theta;
    run_->forget();
    return pulled;
  }

  /// θ's cotangent and its tangents, p×(1+k), for w and its, n×(1+k), along Θ̇, p×k. With G_x^T λ = w:
  ///   G_x^T λ̇ = ẇ − Ġ_x^T λ,  and θ̄ = −G_θᵀ λ has the tangent −Ġ_θᵀ λ − G_θᵀ λ̇.
  Matrix pull(const Matrix& w, const Matrix& theta_dot) const {
    const std::lock_guard lock(mutex_);
    if (run_->equation() != Equation::gradient)
      throw UnsupportedError(
          "solution: on a tape with tangents its derivative is differentiated again, which takes Implicit{} "
          "of the "
          "gradient's or a root's equation (Implicit{.equation = Equation::gradient})");
    const Problem& problem = run_->steps().problem();
    const Vector& theta = run_->steps().theta();
    return implicit_pull_with_tangents(problem, gradient_equation(problem, x_, theta), x_, theta, w,
                                       theta_dot, {});
  }

 private:
  Vector x_;
  std::unique_ptr<Linearisation> run_;
  mutable std::mutex mutex_;
};

struct SolutionRule {
  static constexpr std::array<unsigned, 1> needed_for{1U};
  static constexpr bool reads_output = false;
  const SolutionMap* map;

  void evaluate(const ConstBlock& theta, Block y) const {
    if (y.half() > 0) throw UnsupportedError("solution: has no third derivatives");
    y.col(0) = map->x();
    if (y.cols() > 1) y.rightCols(y.cols() - 1) = map->push(theta.rightCols(theta.cols() - 1));
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    const Index k = p.sweeper().core().tangents;
    const Matrix pulled =
        k == 0 ? map->pull(y_bar.block) : map->pull(y_bar.block, p.template in<0>().rightCols(k));
    p.template add<0>([&](Block bar, Into into) {
      add(bar, ConstBlock(pulled.data(), pulled.rows(), pulled.cols()), y_bar.scale, into);
    });
  }
};

}  // namespace

Vector solution(StepsPtr steps, const Method& method, const Vector&) {
  return SolutionMap(std::move(steps), method).x();
}

DualVector solution(StepsPtr steps, const Method& method, const DualVector& theta) {
  const SolutionMap map(std::move(steps), method);
  return evaluate_array<DualVector>(SolutionRule{&map}, {map.x().size(), 1}, theta);
}

VarVector solution(StepsPtr steps, const Method& method, const VarVector& theta) {
  const auto map = std::make_shared<const SolutionMap>(std::move(steps), method);
  if (TapeCore* const core = common_core("solution", theta); core != nullptr) core->kept.push_back(map);
  return evaluate_array<VarVector>(SolutionRule{map.get()}, {map->x().size(), 1}, theta);
}

}  // namespace unroll::detail
