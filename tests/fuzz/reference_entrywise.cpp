#include <algorithm>

#include "fuzz/reference_graph.hpp"

namespace unroll::fuzz {
namespace {

Hyper positive(const Hyper& x) { return exp(tanh(x)); }
Hyper divisor(const Hyper& x) { return x * x + Hyper{1}; }

}  // namespace

/// Its second derivative is a central difference of its slope, to O(h⁴).
Hyper ReferenceGraph::listed(const test::CaseOfOne& row, const Hyper& x) {
  const long double low = row.low, high = row.high, h = 1e-4L * (high - low);
  const Hyper at = 0.4L * (high - low) * tanh(x) + Hyper{0.5L * (low + high)};
  const auto central = [&](long double d) { return (row.slope(at.x + d) - row.slope(at.x - d)) / (2 * d); };
  return compose(at, row.value(at.x), row.slope(at.x), (4 * central(h) - central(2 * h)) / 3);
}

Hyper ReferenceGraph::of_two(std::size_t which, const Hyper& a, const Hyper& b) {
  switch (which % 6) {
    case 0:
      return exp(b * tanh(a));
    case 1:
      return angle(a, positive(b));
    case 2:
      return sqrt(a * a + positive(b) * positive(b));
    case 3:
      return is_greater(a, b) ? a : b;
    case 4:
      return is_greater(a, b) ? b : a;
    default: {
      const Hyper bound = positive(b);
      if (is_greater(a, bound)) return bound * (a - 0.5L * bound);
      if (is_greater(-1.0L * a, bound)) return bound * (-1.0L * a - 0.5L * bound);
      return 0.5L * a * a;
    }
  }
}

bool ReferenceGraph::entrywise(const Instruction& step, const Operands& o) {
  using enum Operation;
  const HyperArray &a = o.a, &b = o.b, &m_a = o.m_a, &m_b = o.m_b;
  const Hyper &s_a = o.s_a, &s_b = o.s_b;
  const Hyper c{step.constant()}, one{1}, number{plain_number(step)};
  const HyperArray k{Matrix(constant_vector(step, n_))}, ks{constant_matrix(step, n_)};
  const std::size_t variant = step.number;
  HyperArray &to = v_[step.to], &m_to = m_[step.to];
  switch (step.operation) {
    case add:
      to = vector([&](Index i) { return a[i] + b[i]; });
      break;
    case combine:
      to = vector([&](Index i) { return c * a[i] - (1 / 3.0L) * b[i] + k[i]; });
      break;
    case product:
      to = vector([&](Index i) { return a[i] * b[i]; });
      break;
    case quotient:
      to = vector([&](Index i) { return a[i] / divisor(b[i]); });
      break;
    case scale:
      to = vector([&](Index i) { return s_a * b[i]; });
      break;
    case divide:
      to = vector([&](Index i) { return b[i] / divisor(s_a); });
      break;
    case shift: {
      const Hyper other = variant % 6 < 4 ? s_b : c;
      const std::size_t what = variant % 6 < 4 ? variant % 6 : variant % 6 - 2;
      to = vector([&](Index i) { return what < 2 ? a[i] + other : what == 2 ? a[i] - other : other - a[i]; });
      break;
    }
    case function:
      to = vector([&](Index i) { return listed(function_of(step), a[i]); });
      break;
    case function_of_two:
      to = vector([&](Index i) { return of_two(variant, a[i], b[i]); });
      break;
    case function_with_scalar:
      to = vector([&](Index i) {
        return variant / 6 % 2 == 0 ? of_two(variant, a[i], s_b) : of_two(variant, s_b, a[i]);
      });
      break;
    case function_with_number:
      to = vector([&](Index i) {
        return variant / 64 % 2 == 0 ? of_two(variant, a[i], number) : of_two(variant, number, a[i]);
      });
      break;
    case beside_constant:
      to = vector([&](Index i) {
        switch (variant % 7) {
          case 0:
            return k[i] * a[i];
          case 1:
            return k[i] / divisor(a[i]);
          case 2:
            return a[i] / k[i];
          case 3:
            return is_greater(a[i], k[i]) ? a[i] : k[i];
          case 4:
            return mask(step, n_)(i) != 0 ? k[i] : a[i];
          case 5:
            return angle(k[i], positive(a[i]));
          default:
            return k[i] - a[i];
        }
      });
      break;
    case scalar_beside_constant:
      to = vector([&](Index i) {
        switch (variant % 7) {
          case 0:
            return s_a * k[i];
          case 1:
            return k[i] / divisor(s_a);
          case 2:
            return k[i] + s_a;
          case 3:
            return s_a - k[i];
          case 4:
            return exp(log(Hyper{std::abs(k[i].x)}) * s_a);
          case 5:
            return is_greater(s_a, k[i]) ? s_a : k[i];
          default:
            return sqrt(k[i] * k[i] + positive(s_a) * positive(s_a));
        }
      });
      break;
    case choose:
      to = vector([&](Index i) { return mask(step, n_)(i) != 0 ? a[i] : b[i]; });
      break;
    case clip:
      to = vector([&](Index i) {
        return variant % 2 == 0 ? clipped(a[i], Hyper{-0.5L}, Hyper{0.5L} + s_b * s_b)
                                : clipped(a[i], tanh(b[i]) - one, tanh(b[i]) + one);
      });
      break;
    case shrink:
      to = vector([&](Index i) {
        const Hyper threshold = variant % 3 == 0   ? Hyper{0.125L}
                                : variant % 3 == 1 ? 0.25L * positive(s_b)
                                                   : 0.25L * positive(b[i]);
        if (is_greater(a[i], threshold)) return a[i] - threshold;
        return is_greater(-1.0L * a[i], threshold) ? a[i] + threshold : Hyper{};
      });
      break;
    case project:
      to = vector([&](Index i) {
        switch (variant % 4) {
          case 0:
            return clipped(a[i], tanh(b[i]) - one, 0.5L * tanh(b[i]) + Hyper{0.75L});
          case 1:
            return clipped(a[i], Hyper{-0.5L}, tanh(b[i]) + one);
          case 2:
            return clipped(a[i], tanh(s_b) - one, Hyper{0.5L});
          default:
            return clipped(a[i], tanh(b[i]) - one, tanh(s_b) + Hyper{1.25L});
        }
      });
      break;
    case own_product:
      to = vector([&](Index i) { return a[i] * b[i] * b[i]; });
      break;
    case matrix_combination:
      m_to = matrix([&](Index i, Index j) { return m_a(i, j) - c * m_b(i, j) + ks(i, j); });
      break;
    case matrix_shift:
      m_to = matrix([&](Index i, Index j) { return variant % 2 == 0 ? m_a(i, j) - s_b : c + m_a(i, j); });
      break;
    case matrix_function:
      m_to = matrix([&](Index i, Index j) { return listed(function_of(step), m_a(i, j)); });
      break;
    case matrix_function_of_two:
      m_to = matrix([&](Index i, Index j) {
        return of_two(variant, m_a(i, j), variant / 6 % 2 == 0 ? m_b(i, j) : s_b);
      });
      break;
    case own_stretch:
      m_to = matrix([&](Index i, Index j) { return s_a * s_a * m_b(i, j); });
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
