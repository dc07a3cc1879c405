// Parts of arrays and their shapes; what rows and columns give.
#include <span>

#include "fuzz/library_graph.hpp"
#include "unroll/ad/unpack.hpp"

namespace unroll::fuzz {
namespace {

template <class V>
struct Parts {
  matrix_t<V> matrix;
  V vector;
  scalar_t<V> scalar;
};
template <class V>
struct PartsReversed {
  scalar_t<V> scalar;
  V vector;
  matrix_t<V> matrix;
};

template <class M>
vector_t<M> of_rows_or_columns(std::size_t which, const M& x) {
  switch (which % 10) {
    case 0:
      return row_sums(x);
    case 1:
      return column_sums(x);
    case 2:
      return row_means(x);
    case 3:
      return column_means(x);
    case 4:
      return row_max(x);
    case 5:
      return column_max(x);
    case 6:
      return row_norms(x);
    case 7:
      return column_norms(x);
    case 8:
      return row_log_sum_exp(x);
    default:
      return column_log_sum_exp(x);
  }
}

}  // namespace

template <class V>
bool LibraryGraph<V>::shapes(const Instruction& step) {
  using enum Operation;
  const Index i = n > 0 ? static_cast<Index>(step.number) % n : 0;
  const bool odd = step.number % 2 == 1;
  V &to = v[step.to], &a = v[step.a], &b = v[step.b];
  M &m_to = m[step.to], &m_a = m[step.a], &m_b = m[step.b];
  S &s_to = s[step.to], &s_a = s[step.a];
  switch (step.operation) {
    case cumulate:
      to = cumulative_sum(a);
      break;
    case pick:
      to = gather(a, indices(step, n));
      break;
    case spread:
      to = scatter(a, indices(step, n), n);
      break;
    case rotate:
      to = concatenate(tail(a, n - i), head(a, i));
      break;
    case column_of:
      to = column(m_a, i);
      break;
    case row_of:
      to = row(m_a, i);
      break;
    case diagonal_of:
      to = diagonal(m_a);
      break;
    case along:
      to = of_rows_or_columns(step.number, m_a);
      break;
    case assembled: {
      std::vector<S> entries;
      for (Index k = 0; k < n; ++k) entries.push_back(k % 2 == 0 ? S(s_a * a[k]) : S(b[n - 1 - k] - s_a));
      to = assemble(std::span<const S>(entries));
      break;
    }
    case packed: {
      const V together = pack(Parts<V>{m_a, b, s_a});
      const auto parts = unpack<PartsReversed>(together, PartsReversed<Vector>{0, Vector(n), Matrix(n, n)});
      s_to = parts.scalar;
      to = parts.vector;
      m_to = parts.matrix;
      break;
    }
    case outer_product:
      m_to = outer(a, b);
      break;
    case transposed:
      m_to = transpose(m_a);
      break;
    case rows_scaled:
      m_to = odd ? scale_rows(a, m_b) : M(scale_rows(constant_vector(step, n), m_b));
      break;
    case columns_scaled:
      m_to = odd ? scale_columns(m_b, a) : M(scale_columns(constant_matrix(step, n), a));
      break;
    case repeated:
      m_to = odd ? repeat_columns(a, n) : repeat_rows(a, n);
      break;
    case diagonal_from:
      m_to = diagonal_matrix(a);
      break;
    case softmax_of:
      m_to = odd ? row_softmax(m_a) : column_softmax(m_a);
      break;
    case reshaped: {
      const V entries = flatten(m_a);
      m_to = reshape(concatenate(segment(entries, i, entries.size() - i), head(entries, i)), n, n);
      break;
    }
    case cut:
      if (odd)  // the columns from i on, and those before
        m_to = reshape(concatenate(flatten(columns(m_a, i, n - i)), flatten(columns(m_a, 0, i))), n, n);
      else
        to = V(row_sums(block(m_a, 0, i, n, n - i)) + column_sums(rows(m_b, i, n - i)));
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
UNROLL_FUZZ_WORLDS(shapes)
