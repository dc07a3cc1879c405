// Quadratics of a given spectrum, for the figures on synthetic problems.
#pragma once

#include "unroll/compare/normal.hpp"
#include "unroll/problem/quadratic.hpp"

namespace figures {

struct Quadratic {
  unroll::AffineQuadratic problem;  // one θ
  unroll::Vector start;
};

/// H = VΛVᵀ, its eigenvalues log-spaced in [ℓ, L], both included, its eigenvectors random.
struct SpectralHessian {
  unroll::Matrix hessian, eigenvectors;  // n×n
};
SpectralHessian random_hessian(unroll::Index n, double smallest, double largest,
                               unroll::NormalGenerator& normal);

/// (A + Aᵀ)/2.
unroll::Matrix symmetric(const unroll::Matrix& a);

}  // namespace figures
