#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/derivative/hypergradient.hpp"

namespace unroll {

/// Why an outer minimisation ended.
enum class OuterStatus {
  /// All outer steps were taken.
  step_limit,
  /// ‖P(θ − ∇F) − θ‖ ≤ tolerance · max(1, |F|), P the projection: ‖∇F‖ where there is none. By Certified{}
  /// the bound on ∇F's error is added to the left.
  converged,
  /// No step along the gradient, halved 30 times, brought F down by sufficient_decrease times what the slope
  /// promises, with the inner runs at their last tolerance: a minimum to the accuracy of the inner runs, or a
  /// gradient that is wrong.
  stalled,
  /// The run at θ, or the derivative of F there, was not finite: at the first θ, or with a tighter tolerance.
  non_finite,
};

/// One sentence.
std::string_view describe(OuterStatus status);

/// One θ of an outer minimisation.
struct OuterStep {
  Vector theta;          // p
  double value;          // F
  double gradient_norm;  // ‖P(θ − ∇F) − θ‖
  Index inner_steps;  // of the run at this θ, and of those at trial points that were refused on the way to it
  double inner_tolerance;  // of the run that F and the gradient are from; by Certified{} its accuracy
  Cost cost;               // what it took
};

/// When minimise_outer stops, and how it steps.
struct OuterOptions {
  Index steps = 50;                   // at most; ≥ 0
  double tolerance = 1e-6;            // see OuterStatus::converged; ≥ 0
  double first_step = 1;              // length of the first step in θ; > 0
  double sufficient_decrease = 1e-4;  // Armijo's; in (0, 1)
  // SolveOptions::tolerance of the inner runs: `first`, times `decay` after every outer step and, tightened
  // faster, where no step along the gradient brings F down; at least `last`. 0: always all inner steps, which
  // is right for unrolling from a warm start: a run that stops early has too few steps to differentiate.
  // (Before it says `converged` of unrolled runs, all steps are taken, and from there on if that was not so.)
  double first_inner_tolerance = 1e-4;  // ≥ last
  double last_inner_tolerance = 1e-10;  // ≥ 0
  double inner_tolerance_decay = 0.5;   // in (0, 1]
  // An inner run starts from x_T of the one before. If nothing is said: unless the first, with a tolerance
  // and derivatives by its steps, ended at the last of them; then x_T is what they make, and F is of all of
  // them from the start.
  std::optional<bool> warm_start{};
  std::function<Vector(const Vector& theta)> project{};  // onto a convex set, if there is one
  std::function<void(const OuterStep&)> observer{};      // sees every accepted θ
};

/// Where minimise_outer ended.
struct OuterResult {
  Vector theta;                  // of the lowest F, the last accepted
  Vector x;                      // x_T there
  double value;                  // F there
  OuterStatus status;            // why it ended
  std::vector<OuterStep> steps;  // the start, and every accepted step
  Cost cost;                     // of all runs
  std::string origin{};          // of `stalled`, where all trials of a line threw: what the last one said
};

namespace detail {
/// A run, to a tolerance or an accuracy; `before` is that which a warm start is from, if any.
using Evaluate = std::function<Hypergradient(const Vector& theta, const Start& start, double tolerance,
                                             const Hypergradient& before)>;
/// How a gradient is known to be small: by a bound, by inner runs with all their steps, or as accurate as x
/// is.
enum class Judged { by_bound, by_all_steps, by_x };
void check(const OuterOptions& options);
OuterResult minimise_outer(const Evaluate& evaluate, const Start& start, const Vector& theta,
                           const OuterOptions& options, Judged judged);

/// The solver itself, or what a function θ ↦ solver gives.
template <class S>
auto solver_at(const S& solver, const Vector& theta) {
  if constexpr (std::invocable<const S&, const Vector&>) {
    return solver(theta);
  } else {
    return solver;
  }
}
}  // namespace detail

/// Brings F(x_T(θ), θ) down over θ by projected gradient steps of the length of Barzilai & Borwein (1988),
/// halved until F falls enough (Armijo). `solver` is a solver, or a function θ ↦ solver, where its step size
/// depends on the curvature at θ; that dependence is not differentiated. inner.steps is the most of each
/// inner run; its tolerance follows the schedule of `options`.
///
/// With a warm start x_0 comes from an earlier θ, and what it owes to that θ is dropped: an implicit
/// truncation of the unrolled derivative, which vanishes as the inner runs converge. Without one,
/// every inner run begins at `start`. Nothing is warm where `start` is a function of θ, an initial point that
/// is learned, say (Finn et al. 2017): every run begins at x_0(θ), which is differentiated. There, and where
/// nothing says that x_T approaches a solution, the problem having no objective, the solver no declared
/// equation, as of a simulation, x_T is what all the steps make, if the method follows them: the inner
/// tolerances are 0 and nothing is warm, whatever `options`.
///
/// By Certified{} the inner accuracy is chosen as it goes, and there is nothing to tune (Salehi et al. 2024
/// is the idea): it begins at 10 %, and is ten times finer where a trial's fall of F is not larger than the
/// errors of both values, or where the gradient's bound hides whether θ is stationary. x and λ are carried
/// from θ to θ. Every step that is taken is a proven fall, as far as the certificates are: marked estimated
/// where they are.
/// @throws DomainError about options, UnsupportedError if `start` is a dense ∂x_0, which is of one θ, and
/// what `hypergradient` throws at the first θ, or at all of the first line; at all of a later one the result
/// is `stalled`.
template <class Outer, class S>
OuterResult minimise_outer(const Outer& outer, const Problem& problem, const S& solver, const Start& start,
                           const Vector& theta, const SolveOptions& inner, const OuterOptions& options,
                           const Method& method = Reverse{}) {
  const auto evaluate = [&](const Vector& at, const Start& from, double tolerance, const Hypergradient&) {
    SolveOptions run = inner;
    run.tolerance = tolerance;
    return hypergradient(outer, problem, detail::solver_at(solver, at), from, at, run, method);
  };
  detail::check(options);
  OuterOptions own = options;
  const bool rests = problem.has_equation() ||
                     declared_equation<decltype(detail::solver_at(solver, theta))>() != Equation::automatic;
  if (method.follows_steps() && (start.depends_on_theta() || !rests)) {
    own.warm_start = false;
    own.first_inner_tolerance = own.last_inner_tolerance = 0;
  }
  return detail::minimise_outer(evaluate, start, theta, own,
                                method.follows_steps() ? detail::Judged::by_all_steps : detail::Judged::by_x);
}
template <class Outer, class S>
OuterResult minimise_outer(const Outer& outer, const Problem& problem, const S& solver, const Start& start,
                           const Vector& theta, const SolveOptions& inner, const OuterOptions& options,
                           const Certified& method) {
  method.check();
  const auto evaluate = [&](const Vector& at, const Start& from, double accuracy,
                            const Hypergradient& before) {
    Certified to = method;
    to.accuracy = std::max(method.accuracy, accuracy);
    to.certify = Certify::always;  // whatever is decided rests on bounds
    if (options.warm_start.value_or(true)) to.adjoint = before.adjoint;
    return hypergradient(outer, problem, detail::solver_at(solver, at), from, at, inner, to);
  };
  return detail::minimise_outer(evaluate, start, theta, options, detail::Judged::by_bound);
}

}  // namespace unroll
