#pragma once

#include <Eigen/QR>
#include <cmath>
#include <random>
#include <vector>

#include "unroll/problem/quadratic.hpp"

/// Quadratics with a given spectrum at a given θ, for tests.
namespace unroll::test {

struct Random {
  std::mt19937_64 engine;
  explicit Random(unsigned seed) : engine(seed) {}
  Matrix matrix(Index rows, Index cols) {
    std::normal_distribution<double> normal;
    return Matrix::NullaryExpr(rows, cols, [&] { return normal(engine); });
  }
  Vector vector(Index size) { return matrix(size, 1); }
};

struct QuadraticCase {
  AffineQuadratic problem;
  Vector theta, x0;  // p, n
  Matrix dx0;        // n×p
};

/// H(θ) has eigenvalues from l to L, both included, log-spaced. With `commuting` every ∂_iH has H's
/// eigenvectors.
inline QuadraticCase random_quadratic(Index n, Index p, double l, double L, bool commuting, unsigned seed) {
  Random random(seed);
  const Matrix V = Eigen::HouseholderQR<Matrix>(random.matrix(n, n)).householderQ();
  const Vector logs = Vector::LinSpaced(n, std::log(l), std::log(L));  // of one entry: log L
  const Vector theta = random.vector(p);
  Matrix H = V * logs.array().exp().matrix().asDiagonal() * V.transpose();
  std::vector<Matrix> E;
  for (Index i = 0; i < p; ++i) {
    const Matrix A = random.matrix(n, n);
    E.push_back(commuting ? Matrix(V * random.vector(n).asDiagonal() * V.transpose())
                          : Matrix((A + A.transpose()) / 2));
    H -= theta[i] * E.back();
  }
  H = ((H + H.transpose()) / 2).eval();
  return {AffineQuadratic(H, E, random.vector(n), random.matrix(n, p)), theta, random.vector(n),
          random.matrix(n, p)};
}

}  // namespace unroll::test
