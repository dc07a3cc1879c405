// To a scalar.
#include <functional>

#include "fuzz/library_graph.hpp"

namespace unroll::fuzz {
namespace {

/// Σ a_i² b_i, as a primitive of one's own.
struct OwnEnergy {
  static double value(const Vector& a, const Vector& b) { return a.cwiseProduct(a).dot(b); }
  template <class A, class S>
  static std::pair<A, A> pullback(const A& a, const A& b, const S& y_bar) {
    return {A(2.0 * y_bar * cwise_product(a, b)), A(y_bar * A(square(a)))};
  }
};

double function_value(const test::CaseOfOne& row, double x) { return row.number(x); }
Dual function_value(const test::CaseOfOne& row, const Dual& x) { return row.dual(x); }
Var function_value(const test::CaseOfOne& row, const Var& x) { return row.var(x); }

}  // namespace

template <class V>
bool LibraryGraph<V>::scalars(const Instruction& step) {
  using enum Operation;
  const double c = step.constant();
  const Index i = n > 0 ? static_cast<Index>(step.number) % n : 0;
  const std::size_t variant = step.number;
  const V &a = v[step.a], &b = v[step.b];
  const M &m_a = m[step.a], &m_b = m[step.b];
  S &s_to = s[step.to], &s_a = s[step.a], &s_b = s[step.b];
  switch (step.operation) {
    case total:
      s_to = sum(V(a + b));
      break;
    case average:
      s_to = mean(a);
      break;
    case inner:
      s_to = variant % 2 == 0 ? S(dot(a, b)) : S(dot(constant_vector(step, n), a));
      break;
    case squares:
      s_to = squared_norm(a - b);
      break;
    case length:
      s_to = S(norm(a) * c);
      break;
    case squared_length:
      if (variant % 3 == 0)
        s_to = S(square(norm(a)));
      else if (variant % 3 == 1)
        s_to = S(norm(a) * norm(a));
      else
        s_to = S(pow(norm(a), 2));
      break;
    case soft_maximum:
      s_to = log_sum_exp(a);
      break;
    case greatest:
      s_to = variant % 2 == 0 ? max(a) : min(a);
      break;
    case of_matrix:
      switch (variant % 7) {
        case 0:
          s_to = mean(m_a);
          break;
        case 1:
          s_to = S(dot(m_a, m_b));
          break;
        case 2:
          s_to = squared_norm(m_a);
          break;
        case 3:
          s_to = S(norm(m_a));
          break;
        case 4:
          s_to = max(m_a);
          break;
        case 5:
          s_to = min(m_a);
          break;
        default:
          s_to = log_sum_exp(m_a);
      }
      break;
    case trace_of:
      s_to = trace(m_a);
      break;
    case form:
      if (variant / 5 % 3 == 0)
        s_to = quadratic_form(m_a, b);
      else if (variant / 5 % 3 == 1)
        s_to = quadratic_form(lasting_matrix(step, n), b);
      else
        s_to = quadratic_form(std::cref(lasting_matrix(step, n)), b);
      break;
    case entry:
      s_to = variant % 2 == 0 ? S(a[i]) : S(m_a(i, n - 1));
      break;
    case scalar_sum:
      s_to = S(s_a - 0.5 * s_b + c);
      break;
    case scalar_product:
      s_to = S(s_a * s_b);
      break;
    case scalar_quotient:
      s_to = variant % 2 == 0 ? S(s_a / divisor(s_b)) : S(c / divisor(s_b));
      break;
    case scalar_function:
      s_to = function_value(function_of(step), within(function_of(step), s_a));
      break;
    case scalar_function_of_two:
      if (variant / 64 % 3 == 0)
        s_to = of_two<S>(variant, s_a, s_b);
      else if (variant / 64 % 3 == 1)
        s_to = of_two<S>(variant, s_a, plain_number(step));
      else
        s_to = of_two<S>(variant, plain_number(step), s_b);
      break;
    case long_expression:
      s_to = S((s_a - c) * tanh(s_b) + sigmoid(s_a * s_b) / (2.0 + sin(s_a)) -
               0.5 * square(s_b - s_a) * cos(s_a));
      break;
    case loop: {
      S sum_of_products = 0.0;
      for (Index k = 0; k < n; ++k) {
        sum_of_products += a[k] * b[n - 1 - k];
        sum_of_products -= 0.5 * s_b * a[k];
      }
      sum_of_products *= 0.5;
      sum_of_products /= 3.0;
      s_to = sum_of_products;
      break;
    }
    case own_energy:
      s_to = apply<OwnEnergy>(a, b);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
UNROLL_FUZZ_WORLDS(scalars)
