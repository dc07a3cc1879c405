// Products of matrices, and systems of equations.
#include "fuzz/reference_graph.hpp"

namespace unroll::fuzz {
namespace {

HyperArray flipped(const HyperArray& x) {
  return filled(x.cols, x.rows, [&](Index i, Index j) { return x(j, i); });
}
/// The entries with i − j in [first, last].
HyperArray band_of(const HyperArray& x, Index first, Index last) {
  return filled(x.rows, x.cols,
                [&](Index i, Index j) { return i - j >= first && i - j <= last ? x(i, j) : Hyper{}; });
}
/// The symmetric matrix with this lower triangle.
HyperArray mirrored(const HyperArray& x) {
  return filled(x.rows, x.cols, [&](Index i, Index j) { return i >= j ? x(i, j) : x(j, i); });
}

}  // namespace

HyperArray ReferenceGraph::general(const HyperArray& x) const {
  return matrix([&](Index i, Index j) {
    return tanh(x(i, j)) + Hyper{i == j ? static_cast<long double>(n_ + 1) : 0.0L};
  });
}
HyperArray ReferenceGraph::definite(const HyperArray& x) const {
  const HyperArray t = matrix([&](Index i, Index j) { return tanh(x(i, j)); });
  const HyperArray square = times(t, flipped(t));
  return matrix([&](Index i, Index j) { return square(i, j) + Hyper{i == j ? 1.0L : 0.0L}; });
}

bool ReferenceGraph::linear(const Instruction& step, const Operands& o) {
  using enum Operation;
  const HyperArray &b = o.b, &m_a = o.m_a, &m_b = o.m_b;
  const std::size_t variant = step.number / 5;
  const HyperArray plain{constant_matrix(step, n_)};
  const auto odd_is_transposed = [&](std::size_t which) { return which % 2 == 1 ? flipped(plain) : plain; };
  HyperArray &to = v_[step.to], &m_to = m_[step.to];
  switch (step.operation) {
    case constant_times:
      to = times(odd_is_transposed(variant % 14), b);
      break;
    case constant_times_matrix:
      m_to = times(odd_is_transposed(variant % 14), m_b);
      break;
    case matrix_times_constant:
      m_to = times(m_a, odd_is_transposed(variant % 6));
      break;
    case matrix_times_constant_vector:
      to = times(m_a, HyperArray(Matrix(constant_vector(step, n_))));
      break;
    case matrix_times:
      to = times(m_a, b);
      break;
    case matrix_product:
      m_to = times(m_a, m_b);
      break;
    case sparse_times: {
      const HyperArray banded = band_of(m_a, -2, 1);
      to = times(variant % 2 == 0 ? banded : flipped(banded), b);
      break;
    }
    case sparse_times_matrix: {
      const HyperArray banded = band_of(m_a, -2, 1);
      m_to = variant % 2 == 0 ? times(banded, m_b) : times(flipped(banded), plain);
      break;
    }
    default:
      return false;
  }
  return true;
}

bool ReferenceGraph::systems(const Instruction& step, const Operands& o) {
  using enum Operation;
  const HyperArray &b = o.b, &m_a = o.m_a, &m_b = o.m_b;
  const std::size_t which = step.number / 4 % 4, variant = step.number % 4;
  HyperArray &to = v_[step.to], &m_to = m_[step.to];
  const auto matrix_read = [&]() -> HyperArray {
    const Matrix constant = which == 1 ? definite_matrix(step, n_) : regular_matrix(step, n_);
    const HyperArray x = variant == 0 ? HyperArray(constant) : which == 1 ? definite(m_a) : general(m_a);
    return which == 2 ? band_of(x, 0, n_) : which == 3 ? band_of(x, -n_, 0) : x;
  };
  const auto constant_read = [&]() -> HyperArray {
    const std::size_t kind = step.number / 10 % 5;
    const HyperArray x(kind == 2 || kind == 3 ? definite_matrix(step, n_) : regular_matrix(step, n_));
    return step.number / 5 % 2 == 0 ? x : flipped(x);
  };
  switch (step.operation) {
    case solution:
      to = eliminated(matrix_read(), variant == 1 ? HyperArray(Matrix(constant_vector(step, n_))) : b).first;
      break;
    case matrix_solution:
      m_to = eliminated(matrix_read(), variant == 1 ? HyperArray(constant_matrix(step, n_)) : m_b).first;
      break;
    case factored_solution:
      to = eliminated(constant_read(), b).first;
      break;
    case factored_matrix_solution:
      m_to = eliminated(constant_read(), m_b).first;
      break;
    case sparse_solution: {
      const HyperArray full =
          matrix([&](Index i, Index j) { return tanh(m_a(i, j)) + Hyper{i == j ? 4.0L : 0.0L}; });
      to = eliminated(mirrored(band_of(full, 0, 1)), b).first;
      break;
    }
    case inverted:
      m_to = eliminated(general(m_a), identity()).first;
      break;
    case lower_factor: {
      const HyperArray x = definite(m_a);
      HyperArray l(n_, n_);
      for (Index j = 0; j < n_; ++j)
        for (Index i = j; i < n_; ++i) {
          const Hyper rest = x(i, j) - summed(j, [&](Index k) { return l(i, k) * l(j, k); });
          l(i, j) = i == j ? sqrt(rest) : rest / l(j, j);
        }
      m_to = l;
      break;
    }
    case log_determinant: {
      const Hyper determinant =
          eliminated(variant % 2 == 0 ? general(m_a) : definite(m_a), HyperArray(n_, 0)).second;
      s_[step.to] = log(determinant.x < 0 ? -1.0L * determinant : determinant);
      break;
    }
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
