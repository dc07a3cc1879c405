#pragma once

#include "unroll/derivative/method.hpp"

namespace unroll {

/// Unrolling, forwards: tangents travel with the iterate. Memory does not grow. Cost of the Jacobian: p
/// Hessian-vector products a step, of a `jvp`: one; of a `vjp`: p, and n more for the derivative in x_0.
struct Forward {
  static constexpr bool follows_steps = true;  // the derivative is made of the steps that were taken
  Certify certify = Certify::automatic;        // whether a derivative gets a certificate

  /// The run as a linear map.
  std::unique_ptr<Linearisation> linearise(detail::StepsPtr steps, const Wanted& wanted) const;
};

}  // namespace unroll
