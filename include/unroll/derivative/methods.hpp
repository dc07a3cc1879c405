#pragma once

#include "unroll/derivative/implicit_method.hpp"
#include "unroll/types.hpp"

/// How a derivative is computed: a method is a value, passed to `jacobian`, `vjp`, `jvp`.
namespace unroll {

/// Unrolling, backwards: the tape records every step; one sweep pulls cotangents back through all of them.
/// Memory grows with the number of steps. Cost of the Jacobian: n Hessian-vector products a step, of a `vjp`:
/// one.
struct Reverse {
  Index threads = 1;  // over blocks of cotangents; the result does not depend on it
};

/// Unrolling, forwards: tangents travel with the iterate. Memory does not grow. Cost of the Jacobian: p
/// Hessian-vector products a step, of a `jvp`: one.
struct Forward {};

}  // namespace unroll
