// What each operation of a graph is, written out.
#include "fuzz/reference_graph.hpp"

namespace unroll::fuzz {

bool ReferenceGraph::is_greater(const Hyper& a, const Hyper& b) {
  if (std::abs(a.x - b.x) < 1e-6L) at_kink_ = true;
  return a.x > b.x;
}

Hyper ReferenceGraph::of_two(std::size_t which, const Hyper& a, const Hyper& b) {
  const Hyper positive = exp(tanh(b));
  switch (which) {
    case 0:
      return exp(b * (0.5L * tanh(a)));
    case 1:
      return angle(a, positive);
    case 2:
      return sqrt(a * a + positive * positive);
    case 3:
      return is_greater(a, b) ? a : b;
    case 4:
      return is_greater(a, b) ? b : a;
    default:
      if (is_greater(a, positive)) return positive * (a - 0.5L * positive);
      if (is_greater(-1.0L * a, positive)) return positive * (-1.0L * a - 0.5L * positive);
      return 0.5L * a * a;
  }
}

HyperArray ReferenceGraph::general(const HyperArray& x) const {
  return filled(n_, n_, [&](Index i, Index j) {
    return tanh(x(i, j)) + Hyper{i == j ? static_cast<long double>(n_ + 1) : 0.0L};
  });
}
HyperArray ReferenceGraph::definite(const HyperArray& x) const {
  return filled(n_, n_, [&](Index i, Index j) {
    return Hyper{i == j ? 1.0L : 0.0L} + summed(n_, [&](Index k) { return tanh(x(i, k)) * tanh(x(j, k)); });
  });
}

void ReferenceGraph::evaluate(const Instruction& step) {
  using enum Operation;
  const auto& functions = test::cases_of_one();
  const test::CaseOfOne& row = functions[step.number % functions.size()];
  const long double c = step.constant();
  const Index n = n_, at = static_cast<Index>(step.number) % n;
  HyperArray& to = v_[step.to];
  HyperArray& m_to = m_[step.to];
  Hyper& s_to = s_[step.to];
  // Copies, as an operand may be the result's register.
  const HyperArray a = v_[step.a], b = v_[step.b], m_a = m_[step.a], m_b = m_[step.b];
  const Hyper s_a = s_[step.a], s_b = s_[step.b];
  const auto vector = [&](const auto& f) { to = filled(n, f); };
  const auto matrix = [&](const auto& f) { m_to = filled(n, n, f); };
  const auto total_of = [&](const auto& f) { return summed(n, f); };
  const HyperArray identity(Matrix(Matrix::Identity(n, n)));
  switch (step.operation) {
    case add:
      vector([&](Index i) { return a[i] + b[i]; });
      break;
    case combine: {
      const HyperArray k{Matrix(constant_vector(step, n))};
      vector([&](Index i) { return c * a[i] - (1 / 3.0L) * b[i] + k[i]; });
      break;
    }
    case product:
      vector([&](Index i) { return a[i] * b[i]; });
      break;
    case quotient:
      vector([&](Index i) { return a[i] / (b[i] * b[i] + Hyper{1}); });
      break;
    case scale:
      vector([&](Index i) { return s_a * b[i]; });
      break;
    case divide:
      vector([&](Index i) { return b[i] / (s_a * s_a + Hyper{1}); });
      break;
    case function:
      vector([&](Index i) { return listed(row, within(row, a[i])); });
      break;
    case function_of_two:
      vector([&](Index i) { return of_two(step.number % 6, a[i], b[i]); });
      break;
    case constant_times:
      to = times(HyperArray(constant_matrix(step, n)), a);
      break;
    case transposed_times:
      to = times(HyperArray(Matrix(2.0 * constant_matrix(step, n).transpose())), a);
      break;
    case matrix_times:
      to = times(m_a, b);
      break;
    case cumulate:
      vector([&](Index i) { return summed(i + 1, [&](Index k) { return a[k]; }); });
      break;
    case pick:
      vector([&](Index i) { return a[indices(step, n)[static_cast<std::size_t>(i)]]; });
      break;
    case spread:
      to = HyperArray(n, 1);
      for (Index k = 0; k < n; ++k) {
        Hyper& sum = to[indices(step, n)[static_cast<std::size_t>(k)]];
        sum = sum + a[k];
      }
      break;
    case choose:
      vector([&](Index i) { return mask(step, n)(i) != 0 ? a[i] : b[i]; });
      break;
    case clip: {
      const Hyper lower{-0.5L}, upper = Hyper{0.5L} + s_b * s_b;
      vector([&](Index i) {
        if (is_greater(lower, a[i])) return lower;
        return is_greater(a[i], upper) ? upper : a[i];
      });
      break;
    }
    case shrink: {
      const Hyper threshold{0.125L};
      vector([&](Index i) {
        if (is_greater(a[i], threshold)) return a[i] - threshold;
        return is_greater(-1.0L * a[i], threshold) ? a[i] + threshold : Hyper{};
      });
      break;
    }
    case rotate:
      vector([&](Index i) { return a[(i + at) % n]; });
      break;
    case column_of:
      vector([&](Index i) { return m_a(i, at); });
      break;
    case row_of:
      vector([&](Index j) { return m_a(at, j); });
      break;
    case diagonal_of:
      vector([&](Index i) { return m_a(i, i); });
      break;
    case row_totals:
      vector([&](Index i) {
        return total_of([&](Index k) { return m_a(i, k); }) +
               (1.0L / static_cast<long double>(n)) * total_of([&](Index k) { return m_b(k, i); });
      });
      break;
    case lu_solution:
      to = eliminated(general(m_a), b).first;
      break;
    case cholesky_solution:
      to = eliminated(definite(m_a), b).first;
      break;
    case assembled:
      vector([&](Index k) { return k % 2 == 0 ? s_a * a[k] : b[n - 1 - k] - s_a; });
      break;
    case outer_product:
      matrix([&](Index i, Index j) { return a[i] * b[j]; });
      break;
    case transposed:
      matrix([&](Index i, Index j) { return m_a(j, i); });
      break;
    case matrix_product:
      m_to = times(m_a, m_b);
      break;
    case matrix_combination: {
      const HyperArray k{constant_matrix(step, n)};
      matrix([&](Index i, Index j) { return m_a(i, j) - c * m_b(i, j) + k(i, j); });
      break;
    }
    case matrix_function:
      matrix([&](Index i, Index j) { return listed(row, within(row, m_a(i, j))); });
      break;
    case rows_scaled:
      matrix([&](Index i, Index j) { return a[i] * m_b(i, j); });
      break;
    case repeated:
      matrix([&](Index i, Index) { return a[i]; });
      break;
    case diagonal_from:
      matrix([&](Index i, Index j) { return i == j ? a[i] : Hyper{}; });
      break;
    case softmax_of_rows:
      matrix([&](Index i, Index j) {
        return inverse(total_of([&](Index k) { return exp(m_a(i, k) - m_a(i, j)); }));
      });
      break;
    case inverted:
      m_to = eliminated(general(m_a), identity).first;
      break;
    case total:
      s_to = total_of([&](Index i) { return a[i] + b[i]; });
      break;
    case average:
      s_to = (1.0L / static_cast<long double>(n)) * total_of([&](Index i) { return a[i]; });
      break;
    case inner:
      s_to = total_of([&](Index i) { return a[i] * b[i]; });
      break;
    case squares:
      s_to = total_of([&](Index i) { return (a[i] - b[i]) * (a[i] - b[i]); });
      break;
    case length: {
      const Hyper square = total_of([&](Index i) { return a[i] * a[i]; });
      if (square.x < 1e-4L) at_kink_ = true;
      s_to = c * sqrt(square);
      break;
    }
    case soft_maximum: {
      const Hyper shift = a[0];
      s_to = shift + log(total_of([&](Index i) { return exp(a[i] - shift); }));
      break;
    }
    case maximum:
    case minimum: {
      Hyper most = a[0];
      for (Index i = 1; i < n; ++i)
        if (is_greater(a[i], most) == (step.operation == maximum)) most = a[i];
      s_to = most;
      break;
    }
    case entry:
      s_to = a[at];
      break;
    case scalar_sum:
      s_to = s_a - 0.5L * s_b + Hyper{c};
      break;
    case scalar_product:
      s_to = s_a * s_b;
      break;
    case scalar_quotient:
      s_to = s_a / (s_b * s_b + Hyper{1});
      break;
    case scalar_function:
      s_to = listed(row, within(row, s_a));
      break;
    case scalar_power:
      s_to = exp(s_b * (0.5L * tanh(s_a)));
      break;
    case log_determinant: {
      const Hyper determinant = eliminated(general(m_a), identity).second;
      s_to = log(determinant.x < 0 ? -1.0L * determinant : determinant);
      break;
    }
    case form:
      s_to = total_of([&](Index i) { return b[i] * times(m_a, b)[i]; });
      break;
    case alias:
      to = a;
      m_to = m_b;
      s_to = s_a;
      break;
    case take_and_return:
      v_[step.a] = filled(n, [&](Index i) { return 2.0L * a[i]; });
      s_[step.a] = s_a * s_a;
      break;
    case add_to_itself:
      v_[step.a] = filled(n, [&](Index i) { return a[i] + b[i]; });
      s_[step.a] = s_a + s_b;
      break;
    case assign_to_itself:
      s_[step.a] = s_a * s_a;
      break;
    case replace_by_constant:
      to = HyperArray(Matrix(constant_vector(step, n)));
      m_to = HyperArray(constant_matrix(step, n));
      break;
    case exchange:
      std::swap(to, v_[step.a]);
      std::swap(m_to, m_[step.b]);
      std::swap(s_to, s_[step.b]);
      break;
    case count:
      break;
  }
}

}  // namespace unroll::fuzz
