#pragma once

#include <cstddef>

#include "unroll/types.hpp"

namespace unroll {

/// What a computation spent.
struct Cost {
  Index gradients = 0;                // ∇_x f at a point
  Index hessian_vector_products = 0;  // second-order sweeps, one per direction
  Index recomputed_steps = 0;         // solver steps taken again for want of memory
  std::size_t tape_bytes = 0;         // the most that a tape held

  /// Sum of the counts, maximum of the bytes.
  Cost& operator+=(const Cost& other) {
    gradients += other.gradients;
    hessian_vector_products += other.hessian_vector_products;
    recomputed_steps += other.recomputed_steps;
    tape_bytes = tape_bytes > other.tape_bytes ? tape_bytes : other.tape_bytes;
    return *this;
  }
};

}  // namespace unroll
