// A perceptron with two hidden layers, for meta_learning, and the gradient of its loss by hand.
#pragma once

#include <unroll/unroll.hpp>

namespace examples {

using unroll::Matrix;
using unroll::Vector;

/// u ↦ w3ᵀ tanh(W2 tanh(w1 u + b1) + b2) + b3.
template <class V>
struct Perceptron {
  V w1, b1, b2, w3;
  unroll::matrix_t<V> W2;
  unroll::scalar_t<V> b3;
};

/// The gradient of ½ mean (p(in_i) − out_i)² in the weights, back-propagated by Eigen alone.
inline Perceptron<Vector> slope_by_hand(const Perceptron<Vector>& p, const Vector& in, const Vector& out) {
  const Matrix first = ((p.w1 * in.transpose()).colwise() + p.b1).array().tanh();
  const Matrix second = ((p.W2 * first).colwise() + p.b2).array().tanh();
  const Vector miss = (second.transpose() * p.w3 - out).array() + p.b3;
  const Vector above = miss / static_cast<double>(miss.size());  // adjoints: of the output, of the layers
  const Matrix into_second = (p.w3 * above.transpose()).array() * (1 - second.array().square());
  const Matrix into_first = (p.W2.transpose() * into_second).array() * (1 - first.array().square());
  return {.w1 = into_first * in,
          .b1 = into_first.rowwise().sum(),
          .b2 = into_second.rowwise().sum(),
          .w3 = second * above,
          .W2 = into_second * first.transpose(),
          .b3 = above.sum()};
}

}  // namespace examples
