// Entry by entry: arithmetic and functions.
#include "fuzz/library_graph.hpp"

namespace unroll::fuzz {
namespace {

/// a ∘ b ∘ b, as a primitive of one's own.
struct OwnProduct {
  static Vector value(const Vector& a, const Vector& b) { return a.cwiseProduct(b).cwiseProduct(b); }
  template <class A>
  static A pushforward(const A& a, const A& b, const A& a_dot, const A& b_dot) {
    return A(cwise_product(a_dot, A(square(b))) + 2.0 * cwise_product(cwise_product(a, b), b_dot));
  }
  template <class A>
  static std::pair<A, A> pullback(const A& a, const A& b, const A& y_bar) {
    return {cwise_product(y_bar, A(square(b))), A(2.0 * cwise_product(cwise_product(a, b), y_bar))};
  }
};
/// s² X, without a pushforward.
struct OwnStretch {
  static Matrix value(double s, const Matrix& x) { return s * s * x; }
  template <class S, class M>
  static std::pair<S, M> pullback(const S& s, const M& x, const M& y_bar) {
    return {S(2.0 * s * dot(x, y_bar)), M(S(s * s) * y_bar)};
  }
};

}  // namespace

template <class V>
bool LibraryGraph<V>::entrywise(const Instruction& step) {
  using enum Operation;
  const double c = step.constant();
  const Vector k = constant_vector(step, n);
  const std::size_t variant = step.number;
  V &to = v[step.to], &a = v[step.a], &b = v[step.b];
  M &m_to = m[step.to], &m_a = m[step.a], &m_b = m[step.b];
  const S &s_a = s[step.a], &s_b = s[step.b];
  switch (step.operation) {
    case add:
      to = V(a + b);
      break;
    case combine:
      to = V(c * a - b / 3.0 + k);
      break;
    case product:
      to = cwise_product(a, b);
      break;
    case quotient:
      to = cwise_quotient(a, divisor(b));
      break;
    case scale:
      to = variant % 2 == 0 ? V(s_a * b) : V(b * s_a);
      break;
    case divide:
      to = V(b / divisor(s_a));
      break;
    case shift:
      switch (variant % 6) {
        case 0:
          to = V(a + s_b);
          break;
        case 1:
          to = V(s_b + a);
          break;
        case 2:
          to = V(a - s_b);
          break;
        case 3:
          to = V(s_b - a);
          break;
        case 4:
          to = V(a - c);
          break;
        default:
          to = V(c - a);
      }
      break;
    case function:
      to = ad::elementwise(function_of(step).function, within(function_of(step), a));
      break;
    case function_of_two:
      to = of_two<V>(variant, a, b);
      break;
    case function_with_scalar:
      to = variant / 6 % 2 == 0 ? of_two<V>(variant, a, s_b) : of_two<V>(variant, s_b, a);
      break;
    case function_with_number:
      to = variant / 64 % 2 == 0 ? of_two<V>(variant, a, plain_number(step))
                                 : of_two<V>(variant, plain_number(step), a);
      break;
    case beside_constant:
      switch (variant % 7) {
        case 0:
          to = cwise_product(k, a);
          break;
        case 1:
          to = cwise_quotient(k, divisor(a));
          break;
        case 2:
          to = cwise_quotient(a, k);
          break;
        case 3:
          to = max(a, k);
          break;
        case 4:
          to = where(mask(step, n), k, a);
          break;
        case 5:
          to = atan2(k, positive(a));
          break;
        default:
          to = V(k - a);
      }
      break;
    case scalar_beside_constant:
      switch (variant % 7) {
        case 0:
          to = V(s_a * k);
          break;
        case 1:
          to = V(k / divisor(s_a));
          break;
        case 2:
          to = V(k + s_a);
          break;
        case 3:
          to = V(s_a - k);
          break;
        case 4:
          to = pow(Vector(k.cwiseAbs()), s_a);
          break;
        case 5:
          to = max(s_a, k);
          break;
        default:
          to = hypot(k, positive(s_a));
      }
      break;
    case choose:
      to = where(mask(step, n), a, b);
      break;
    case clip:
      to = variant % 2 == 0 ? clamp(a, -0.5, S(0.5 + s_b * s_b))
                            : clamp(a, V(tanh(b) - 1.0), V(tanh(b) + 1.0));
      break;
    case shrink:
      switch (variant % 3) {
        case 0:
          to = soft_threshold(a, 0.125);
          break;
        case 1:
          to = soft_threshold(a, S(0.25 * positive(s_b)));
          break;
        default:
          to = soft_threshold(a, V(0.25 * positive(b)));
      }
      break;
    case project:
      switch (variant % 4) {
        case 0:
          to = box_projection(a, V(tanh(b) - 1.0), V(0.5 * tanh(b) + 0.75));
          break;
        case 1:
          to = box_projection(a, -0.5, V(tanh(b) + 1.0));
          break;
        case 2:
          to = box_projection(a, S(tanh(s_b) - 1.0), 0.5);
          break;
        default:
          to = box_projection(a, V(tanh(b) - 1.0), S(tanh(s_b) + 1.25));
      }
      break;
    case own_product:
      to = apply<OwnProduct>(a, b);
      break;
    case matrix_combination:
      m_to = M(m_a - c * m_b + constant_matrix(step, n));
      break;
    case matrix_shift:
      m_to = variant % 2 == 0 ? M(m_a - s_b) : M(c + m_a);
      break;
    case matrix_function:
      m_to = ad::elementwise(function_of(step).function, within(function_of(step), m_a));
      break;
    case matrix_function_of_two:
      m_to = variant / 6 % 2 == 0 ? of_two<M>(variant, m_a, m_b) : of_two<M>(variant, m_a, s_b);
      break;
    case own_stretch:
      m_to = apply<OwnStretch>(s_a, m_b);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
UNROLL_FUZZ_WORLDS(entrywise)
