#include "synthetic.hpp"

#include <Eigen/QR>
#include <cmath>

namespace figures {

using namespace unroll;

SpectralHessian random_hessian(Index n, double smallest, double largest, NormalGenerator& normal) {
  const Matrix V = Eigen::HouseholderQR<Matrix>(normal.matrix(n, n)).householderQ();
  const Vector eigenvalues = Vector::LinSpaced(n, std::log(smallest), std::log(largest)).array().exp();
  return {symmetric(V * eigenvalues.asDiagonal() * V.transpose()), V};
}

Matrix symmetric(const Matrix& a) { return (a + a.transpose()) / 2; }

}  // namespace figures
