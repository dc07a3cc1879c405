#include "fuzz/reference_graph.hpp"

namespace unroll::fuzz {

bool ReferenceGraph::shapes(const Instruction& step, const Operands& o) {
  using enum Operation;
  const HyperArray &a = o.a, &b = o.b, &m_a = o.m_a, &m_b = o.m_b;
  const Hyper& s_a = o.s_a;
  const Index n = n_, at = n > 0 ? static_cast<Index>(step.number) % n : 0;
  const bool odd = step.number % 2 == 1;
  const Hyper share{n > 0 ? 1.0L / static_cast<long double>(n) : 0.0L};
  const HyperArray k{Matrix(constant_vector(step, n))}, ks{constant_matrix(step, n)};
  HyperArray &to = v_[step.to], &m_to = m_[step.to];
  const auto index = [&](Index i) { return indices(step, n)[static_cast<std::size_t>(i)]; };
  switch (step.operation) {
    case cumulate:
      to = vector([&](Index i) { return summed(i + 1, [&](Index j) { return a[j]; }); });
      break;
    case pick:
      to = vector([&](Index i) { return a[index(i)]; });
      break;
    case spread:
      to = vector([&](Index i) { return total_of([&](Index j) { return index(j) == i ? a[j] : Hyper{}; }); });
      break;
    case rotate:
      to = vector([&](Index i) { return a[(i + at) % n]; });
      break;
    case column_of:
      to = vector([&](Index i) { return m_a(i, at); });
      break;
    case row_of:
      to = vector([&](Index j) { return m_a(at, j); });
      break;
    case diagonal_of:
      to = vector([&](Index i) { return m_a(i, i); });
      break;
    case along:
      to = vector([&](Index i) {
        std::vector<Hyper> line;
        for (Index j = 0; j < n; ++j) line.push_back(odd ? m_a(j, i) : m_a(i, j));
        const auto of_line = [&](const auto& f) {
          return total_of([&](Index j) { return f(line[static_cast<std::size_t>(j)]); });
        };
        switch (step.number % 10 / 2) {
          case 0:
            return of_line([](const Hyper& x) { return x; });
          case 1:
            return share * of_line([](const Hyper& x) { return x; });
          case 2:
            return greatest_of(line);
          case 3:
            return norm_of(line);
          default:
            return log(of_line([](const Hyper& x) { return exp(x); }));
        }
      });
      break;
    case assembled:
      to = vector([&](Index i) { return i % 2 == 0 ? s_a * a[i] : b[n - 1 - i] - s_a; });
      break;
    case packed: {
      std::vector<Hyper> together = m_a.entries;
      together.insert(together.end(), b.entries.begin(), b.entries.end());
      together.push_back(s_a);
      s_[step.to] = together.front();
      to = vector([&](Index i) { return together[static_cast<std::size_t>(1 + i)]; });
      m_to = matrix([&](Index i, Index j) { return together[static_cast<std::size_t>(1 + n + i + j * n)]; });
      break;
    }
    case outer_product:
      m_to = matrix([&](Index i, Index j) { return a[i] * b[j]; });
      break;
    case transposed:
      m_to = matrix([&](Index i, Index j) { return m_a(j, i); });
      break;
    case rows_scaled:
      m_to = matrix([&](Index i, Index j) { return (odd ? a[i] : k[i]) * m_b(i, j); });
      break;
    case columns_scaled:
      m_to = matrix([&](Index i, Index j) { return a[j] * (odd ? m_b(i, j) : ks(i, j)); });
      break;
    case repeated:
      m_to = matrix([&](Index i, Index j) { return a[odd ? i : j]; });
      break;
    case diagonal_from:
      m_to = matrix([&](Index i, Index j) { return i == j ? a[i] : Hyper{}; });
      break;
    case softmax_of:
      m_to = matrix([&](Index i, Index j) {
        return inverse(total_of([&](Index l) { return exp((odd ? m_a(i, l) : m_a(l, j)) - m_a(i, j)); }));
      });
      break;
    case reshaped:
      m_to = matrix([&](Index i, Index j) { return m_a[(i + j * n + at) % (n * n)]; });
      break;
    case cut:
      if (odd)
        m_to = matrix([&](Index i, Index j) { return m_a(i, (j + at) % n); });
      else
        to = vector([&](Index i) {
          return summed(n - at, [&](Index l) { return m_a(i, at + l) + m_b(at + l, i); });
        });
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
