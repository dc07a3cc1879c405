#include "unroll/solver/status.hpp"

namespace unroll {

std::string_view describe(Status status) {
  switch (status) {
    case Status::step_limit:
      return "all steps were taken and no tolerance, if one was set, was met; take more steps where x is not "
             "yet accurate enough";
    case Status::converged:
      return "the last step was at most tolerance · max(1, ‖x‖), and x solves its equation; note that the "
             "derivative may "
             "converge later than x";
    case Status::non_finite:
      return "the next iterate is not finite (overflow, or a NaN of the objective); take a smaller step "
             "size where the solver has one (gradient descent: below 2/L, L the largest eigenvalue of the "
             "Hessian, and at a minimum alone), damping, or a start point nearer to the solution";
    case Status::none_accepted:
      return "not one step was accepted: the solver refused every step from the start on; look at its trust "
             "region or "
             "damping, or at the gradient";
    case Status::non_finite_derivative:
      return "the iterates are finite and their derivative is not: an operation has none there, as a square "
             "root at 0, or it grew beyond all numbers; see `origin` of the result, and trace_non_finite";
  }
  return "unknown status";
}

}  // namespace unroll
