#pragma once

#include "unroll/types.hpp"

/// What a Recurrence advances: P's values at given points beside what else is linear in P, column by column.
/// Two columns are [P | P'], 1 + n columns are [P | P[λ_j, λ_k]], the divided differences; for n = 1 these
/// are the same. Sums and multiples of blocks are the blocks of sums and multiples of polynomials.
namespace unroll {

/// The block of P = 1: ones, then zeros. @throws ShapeError if there is no eigenvalue, DomainError if one is
/// not finite.
Matrix first_block(const Vector& eigenvalues,  // n: λ_j
                   Index columns);             // 2 or 1 + n

/// The block of λP: [λP | λP' + P], or [λP | λ_j P[λ_j, λ_k] + P(λ_k)], by the product rule.
Matrix multiply_by_lambda(const Vector& eigenvalues,  // n
                          const Matrix& block);       // n×2 or n×(1+n)

}  // namespace unroll
