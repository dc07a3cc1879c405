#pragma once

#include <span>
#include <utility>

#include "ad/function_cases.hpp"
#include "fuzz/graph.hpp"
#include "unroll/ad/along.hpp"
#include "unroll/ad/gradient.hpp"

/// A graph in a world of the library: V is Vector, DualVector or VarVector.
namespace unroll::fuzz {

template <class V>
struct LibraryGraph {
  using M = matrix_t<V>;
  using S = scalar_t<V>;
  std::array<V, registers> v;
  std::array<M, registers> m;
  std::array<S, registers> s;
  Index n;

  explicit LibraryGraph(const V& x)
      : v{x, V(0.5 * x), V(Vector::LinSpaced(x.size(), -1, 1))},
        m{outer(x, x), M(Matrix::Identity(x.size(), x.size())), outer(v[2], x)},
        s{S(sum(x)), S(x[0]), S(0.75)},
        n(x.size()) {}

  /// An argument of a list function, in the middle of where it is tested.
  template <class A>
  static A within(const test::CaseOfOne& row, const A& x) {
    return A(A(0.4 * (row.high - row.low) * tanh(x)) + A(constant_like(x, 0.5 * (row.low + row.high))));
  }
  template <class A>
  static Matrix constant_like(const A& x, double value) {
    return Matrix::Constant(x.rows(), x.cols(), value);
  }
  /// Well-conditioned matrices: (n + 1) I + tanh M, and I + tanh(M) tanh(M)ᵀ.
  M general(const M& x) const {
    return M(tanh(x) + M(Matrix(static_cast<double>(n + 1) * Matrix::Identity(n, n))));
  }
  M definite(const M& x) const {
    const M t = tanh(x);
    return M(M(t * transpose(t)) + Matrix(Matrix::Identity(n, n)));
  }
  static S apply(const test::CaseOfOne& row, const S& x) {
    if constexpr (std::is_same_v<S, Var>)
      return row.var(x);
    else if constexpr (std::is_same_v<S, Dual>)
      return row.dual(x);
    else
      return row.number(x);
  }

  void run(const Instruction& step);

  /// A scalar that depends on every register.
  S result() const {
    S y = 0.0;
    for (std::size_t r = 0; r < registers; ++r) {
      const double weight = 1.0 + 0.25 * static_cast<double>(r);
      y = S(y + weight * s[r] + sum(v[r]) - weight * sum(m[r]));
    }
    return y;
  }
};

template <class V>
void LibraryGraph<V>::run(const Instruction& step) {
  using enum Operation;
  const auto& functions = test::cases_of_one();
  const test::CaseOfOne& row = functions[step.number % functions.size()];
  const double c = step.constant();
  const Index i = static_cast<Index>(step.number) % n;
  V &to = v[step.to], &a = v[step.a], &b = v[step.b];
  M &m_to = m[step.to], &m_a = m[step.a], &m_b = m[step.b];
  S &s_to = s[step.to], &s_a = s[step.a], &s_b = s[step.b];
  switch (step.operation) {
    case add:
      to = V(a + b);
      break;
    case combine:
      to = V(c * a - b / 3.0 + constant_vector(step, n));
      break;
    case product:
      to = cwise_product(a, b);
      break;
    case quotient:
      to = cwise_quotient(a, V(square(b) + Vector(Vector::Ones(n))));
      break;
    case scale:
      to = V(s_a * b);
      break;
    case divide:
      to = V(b / S(square(s_a) + 1.0));
      break;
    case function:
      to = ad::elementwise(row.function, within(row, a));
      break;
    case function_of_two:
      switch (step.number % 6) {
        case 0:
          to = pow(V(exp(V(0.5 * tanh(a)))), b);
          break;
        case 1:
          to = atan2(a, V(exp(V(tanh(b)))));
          break;
        case 2:
          to = hypot(a, V(exp(V(tanh(b)))));
          break;
        case 3:
          to = max(a, b);
          break;
        case 4:
          to = min(a, b);
          break;
        default:
          to = huber(a, V(exp(V(tanh(b)))));
      }
      break;
    case constant_times: {
      const Matrix constant = constant_matrix(step, n);
      to = V(constant * a);
      break;
    }
    case transposed_times:
      to = V(Matrix(2.0 * constant_matrix(step, n)).transpose() * a);
      break;
    case matrix_times:
      to = V(m_a * b);
      break;
    case cumulate:
      to = cumulative_sum(a);
      break;
    case pick:
      to = gather(a, indices(step, n));
      break;
    case spread:
      to = scatter(a, indices(step, n), n);
      break;
    case choose:
      to = where(mask(step, n), a, b);
      break;
    case clip:
      to = clamp(a, -0.5, 0.5 + s_b * s_b);
      break;
    case shrink:
      to = soft_threshold(a, 0.125);
      break;
    case rotate:
      to = concatenate(tail(a, n - i), head(a, i));
      break;
    case column_of:
      to = V(column(m_a, i));
      break;
    case row_of:
      to = unroll::row(m_a, i);
      break;
    case diagonal_of:
      to = diagonal(m_a);
      break;
    case row_totals:
      to = V(row_sums(m_a) + column_means(m_b));
      break;
    case lu_solution:
      to = V(solve_lu(general(m_a), b));
      break;
    case cholesky_solution:
      to = V(solve_cholesky(definite(m_a), b));
      break;
    case assembled: {
      std::vector<S> entries;
      for (Index k = 0; k < n; ++k) entries.push_back(k % 2 == 0 ? S(s_a * a[k]) : S(b[n - 1 - k] - s_a));
      to = assemble(std::span<const S>(entries));
      break;
    }
    case outer_product:
      m_to = outer(a, b);
      break;
    case transposed:
      m_to = M(transpose(m_a));
      break;
    case matrix_product:
      m_to = M(m_a * m_b);
      break;
    case matrix_combination:
      m_to = M(m_a - c * m_b + constant_matrix(step, n));
      break;
    case matrix_function:
      m_to = ad::elementwise(row.function, within(row, m_a));
      break;
    case rows_scaled:
      m_to = M(scale_rows(a, m_b));
      break;
    case repeated:
      m_to = repeat_columns(a, n);
      break;
    case diagonal_from:
      m_to = diagonal_matrix(a);
      break;
    case softmax_of_rows:
      m_to = row_softmax(m_a);
      break;
    case inverted:
      m_to = M(unroll::inverse(general(m_a)));
      break;
    case total:
      s_to = sum(V(a + b));
      break;
    case average:
      s_to = mean(a);
      break;
    case inner:
      s_to = dot(a, b);
      break;
    case squares:
      s_to = squared_norm(V(a - b));
      break;
    case length:
      s_to = S(norm(a) * c);
      break;
    case soft_maximum:
      s_to = log_sum_exp(a);
      break;
    case maximum:
      s_to = max(a);
      break;
    case minimum:
      s_to = min(a);
      break;
    case entry:
      s_to = S(a[i]);
      break;
    case scalar_sum:
      s_to = S(s_a - 0.5 * s_b + c);
      break;
    case scalar_product:
      s_to = S(s_a * s_b);
      break;
    case scalar_quotient:
      s_to = S(s_a / (1.0 + s_b * s_b));
      break;
    case scalar_function:
      s_to = apply(row, S(0.4 * (row.high - row.low) * tanh(s_a) + 0.5 * (row.low + row.high)));
      break;
    case scalar_power:
      s_to = S(pow(S(exp(0.5 * tanh(s_a))), s_b));
      break;
    case log_determinant:
      s_to = S(log_det(general(m_a)));
      break;
    case form:
      s_to = quadratic_form(m_a, b);
      break;
    case alias:
      to = a;
      m_to = m_b;
      s_to = s_a;
      break;
    case take_and_return: {
      V taken = std::move(a);
      S taken_scalar = std::move(s_a);
      a = V(taken + taken);
      s_a = S(taken_scalar * taken_scalar);
      break;
    }
    case add_to_itself:
      a = V(a + b);
      s_a += s_b;
      break;
    case assign_to_itself: {
      const V& same = a;
      a = same;
      s_a *= s_a;
      break;
    }
    case replace_by_constant:
      to = V(constant_vector(step, n));
      m_to = M(constant_matrix(step, n));
      break;
    case exchange:
      std::swap(to, a);
      std::swap(m_to, m_b);
      std::swap(s_to, s_b);
      break;
    case count:
      break;
  }
}

}  // namespace unroll::fuzz
