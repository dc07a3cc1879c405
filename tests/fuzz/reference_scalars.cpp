// To a scalar; and what handles do.
#include "fuzz/reference_graph.hpp"

namespace unroll::fuzz {

bool ReferenceGraph::scalars(const Instruction& step, const Operands& o) {
  using enum Operation;
  const HyperArray &a = o.a, &b = o.b, &m_a = o.m_a, &m_b = o.m_b;
  const Hyper &s_a = o.s_a, &s_b = o.s_b;
  const Index n = n_, at = n > 0 ? static_cast<Index>(step.number) % n : 0;
  const std::size_t variant = step.number;
  const Hyper c{step.constant()}, one{1}, number{plain_number(step)};
  const auto logarithm_of_sum = [](const std::vector<Hyper>& some) {
    Hyper sum;
    for (const Hyper& x : some) sum = sum + exp(x - some.front());
    return some.front() + log(sum);
  };
  const auto sigmoid = [&](const Hyper& x) { return inverse(one + exp(-1.0L * x)); };
  Hyper& to = s_[step.to];
  switch (step.operation) {
    case total:
      to = total_of([&](Index i) { return a[i] + b[i]; });
      break;
    case average:
      to = (1.0L / static_cast<long double>(n)) * total_of([&](Index i) { return a[i]; });
      break;
    case inner: {
      const HyperArray other = variant % 2 == 0 ? b : HyperArray(Matrix(constant_vector(step, n)));
      to = total_of([&](Index i) { return a[i] * other[i]; });
      break;
    }
    case squares:
      to = total_of([&](Index i) { return square(a[i] - b[i]); });
      break;
    case length:
      to = c * norm_of(a.entries);
      break;
    case squared_length:
      to = total_of([&](Index i) { return square(a[i]); });
      break;
    case soft_maximum:
      to = logarithm_of_sum(a.entries);
      break;
    case greatest:
      to = greatest_of(a.entries, variant % 2 == 1);
      break;
    case of_matrix: {
      const auto total_of_matrix = [&](const auto& f) { return summed(n * n, f); };
      switch (variant % 7) {
        case 0:
          to = (1.0L / static_cast<long double>(n * n)) * total_of_matrix([&](Index i) { return m_a[i]; });
          break;
        case 1:
          to = total_of_matrix([&](Index i) { return m_a[i] * m_b[i]; });
          break;
        case 2:
          to = total_of_matrix([&](Index i) { return square(m_a[i]); });
          break;
        case 3:
          to = norm_of(m_a.entries);
          break;
        case 4:
        case 5:
          to = greatest_of(m_a.entries, variant % 7 == 5);
          break;
        default:
          to = logarithm_of_sum(m_a.entries);
      }
      break;
    }
    case trace_of:
      to = total_of([&](Index i) { return m_a(i, i); });
      break;
    case form: {
      const HyperArray image = times(variant / 5 % 3 == 0 ? m_a : HyperArray(constant_matrix(step, n)), b);
      to = total_of([&](Index i) { return b[i] * image[i]; });
      break;
    }
    case entry:
      to = variant % 2 == 0 ? a[at] : m_a(at, n - 1);
      break;
    case scalar_sum:
      to = s_a - 0.5L * s_b + c;
      break;
    case scalar_product:
      to = s_a * s_b;
      break;
    case scalar_quotient:
      to = (variant % 2 == 0 ? s_a : c) / (square(s_b) + one);
      break;
    case scalar_function:
      to = listed(function_of(step), s_a);
      break;
    case scalar_function_of_two:
      to = of_two(variant, variant / 64 % 3 == 2 ? number : s_a, variant / 64 % 3 == 1 ? number : s_b);
      break;
    case long_expression:
      to = (s_a - c) * tanh(s_b) + sigmoid(s_a * s_b) / (Hyper{2} + sin(s_a)) -
           0.5L * square(s_b - s_a) * cos(s_a);
      break;
    case loop:
      to = (1 / 6.0L) * total_of([&](Index i) { return a[i] * b[n - 1 - i] - 0.5L * s_b * a[i]; });
      break;
    case own_energy:
      to = total_of([&](Index i) { return a[i] * a[i] * b[i]; });
      break;
    default:
      return false;
  }
  return true;
}

bool ReferenceGraph::handles(const Instruction& step, const Operands& o) {
  using enum Operation;
  const HyperArray &a = o.a, &b = o.b, &m_a = o.m_a, &m_b = o.m_b;
  const Hyper &s_a = o.s_a, &s_b = o.s_b;
  const Index at = n_ > 0 ? static_cast<Index>(step.number) % n_ : 0;
  HyperArray &to = v_[step.to], &m_to = m_[step.to];
  Hyper& s_to = s_[step.to];
  switch (step.operation) {
    case alias:
      to = a;
      m_to = m_b;
      s_to = s_a;
      break;
    case take_and_return:
      v_[step.a] = vector([&](Index i) { return 2.0L * a[i]; });
      m_[step.b] = matrix([&](Index i, Index j) { return m_b(j, i); });
      s_[step.a] = s_a * s_a;
      break;
    case compound: {
      // Where a is b, every line changes both.
      const bool one_vector = step.a == step.b;
      v_[step.a] = vector([&](Index i) {
        const Hyper sum = one_vector ? a[i] : a[i] + 0.5L * b[i];
        return (1 / 3.0L) * (sum * s_b);
      });
      m_[step.a] = matrix([&](Index i, Index j) { return 0.5L * (m_a(i, j) - m_b(i, j)); });
      s_[step.a] = s_a + s_b - Hyper{0.25L};
      break;
    }
    case assign_to_itself:
      v_[step.a] = HyperArray(n_, 1);
      m_[step.a] = matrix([&](Index i, Index j) { return 2.0L * m_a(i, j); });
      s_[step.a] = s_a * s_a;
      break;
    case replace_by_constant:
      to = HyperArray(Matrix(constant_vector(step, n_)));
      m_to = HyperArray(constant_matrix(step, n_));
      s_to = Hyper{step.constant()};
      break;
    case exchange:
      std::swap(to, v_[step.a]);
      std::swap(m_to, m_[step.b]);
      std::swap(s_to, s_[step.b]);
      break;
    case in_a_list: {
      const HyperArray third = to;
      to = vector([&](Index i) { return a[i] - 0.5L * third[i]; });
      m_to = m_b;
      s_to = s_a * s_b;
      break;
    }
    case temporaries:
      s_to = a[at] - b[at];
      m_to = matrix([&](Index i, Index j) { return m_a(j, i) + m_b(j, i); });
      to = vector([&](Index i) { return a[i] + b[i] - 2.0L * m_a(at, i); });
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
