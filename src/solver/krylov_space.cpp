#include "solver/krylov_space.hpp"

namespace unroll::detail {

bool KrylovSpace::grow(Index size) {
  constexpr double rounding = 1e-12;
  while (basis_.cols() < size && !candidates_.empty()) {
    Vector v = std::move(candidates_.front());
    candidates_.pop_front();
    const double norm = v.norm();
    for (int twice = 0; twice < 2; ++twice) v -= basis_ * (basis_.transpose() * v);
    if (!(v.norm() > rounding * norm)) continue;
    v.normalize();
    const Index k = basis_.cols();
    basis_.conservativeResize(Eigen::NoChange, k + 1);
    products_.conservativeResize(Eigen::NoChange, k + 1);
    basis_.col(k) = v;
    products_.col(k) = apply_(v);
    candidates_.push_back(products_.col(k));
  }
  return basis_.cols() == size;
}

Matrix KrylovSpace::projected() const {
  const Matrix product = basis_.transpose() * products_;
  return (product + product.transpose()) / 2;
}

}  // namespace unroll::detail
