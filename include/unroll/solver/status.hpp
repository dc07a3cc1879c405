#pragma once

#include <string_view>

namespace unroll {

/// Why a run ended.
enum class Status {
  /// t = steps. No tolerance was set, or what `converged` asks for held at no step.
  step_limit,
  /// tolerance > 0, ‖x_{t+1} − x_t‖ ≤ tolerance · max(1, ‖x_{t+1}‖) for a step that was accepted, and x_{t+1}
  /// solves what the solver solves; the run ends there. By the equation that the solver declares:
  ///  - gradient: with δ = √tolerance · max(1, ‖x‖) and g = ∇f(x), x = x_{t+1}, g = 0 or
  ///    ∇f(x − δ g/‖g‖)ᵀg ≤ 0: along its own gradient f is least no further off than δ. So it is from
  ///    there along two more directions, conjugate to those before: the steepest entries hide the others;
  ///  - fixed_point, or where there is no objective: no array of the state, and no scalar that is a variable
  ///    on a tape, moved by more than the tolerance (numbers and lists are not looked at). If x did not move
  ///    at all, nor do they in the 15 steps before,
  ///    taken once more from there, one after another: steps may take turns, and one of length 0 is no proof;
  ///  - where nothing is declared: the former, or the latter and x_{t+1} ≠ x_t.
  /// And, where the solver has a member `solves`, what that says.
  converged,
  /// An entry of x_{t+1} is NaN or infinite; the run ends at x_t, the last iterate that is finite.
  non_finite,
  /// t = steps ≥ 1, and not one of the steps was accepted: see was_accepted.
  none_accepted,
  /// Of a derivative: the iterates are finite, and it is not. RunRecord::origin says where it was lost.
  non_finite_derivative,
};

/// One sentence: what happened, and what to do about it.
std::string_view describe(Status status);

}  // namespace unroll
