// What becomes of handles: copies, moves, assignments, lists of them, and views of what is gone.
#include <algorithm>
#include <utility>
#include <vector>

#include "fuzz/library_graph.hpp"

namespace unroll::fuzz {

template <class V>
bool LibraryGraph<V>::handles(const Instruction& step) {
  using enum Operation;
  const Index i = n > 0 ? static_cast<Index>(step.number) % n : 0;
  V &to = v[step.to], &a = v[step.a], &b = v[step.b];
  M &m_to = m[step.to], &m_a = m[step.a], &m_b = m[step.b];
  S &s_to = s[step.to], &s_a = s[step.a], &s_b = s[step.b];
  switch (step.operation) {
    case alias:
      to = a;
      m_to = m_b;
      s_to = s_a;
      break;
    case take_and_return: {
      V taken = std::move(a);
      M taken_matrix = std::move(m_b);
      S taken_scalar = std::move(s_a);
      a = V(taken + taken);
      m_b = M(transpose(taken_matrix));
      s_a = S(taken_scalar * taken_scalar);
      break;
    }
    case compound:
      a += b;
      a -= 0.5 * b;
      a *= s_b;
      a /= 3.0;
      m_a -= m_b;
      m_a *= 0.5;
      s_a += s_b;
      s_a -= 0.25;
      break;
    case assign_to_itself: {
      const V& same = a;
      const M& same_matrix = m_a;
      a = same;
      m_a = same_matrix;
      a -= same;
      m_a += same_matrix;
      s_a *= s_a;
      break;
    }
    case replace_by_constant:
      to = V(constant_vector(step, n));
      m_to = M(constant_matrix(step, n));
      s_to = step.constant();
      break;
    case exchange:
      std::swap(to, a);
      std::swap(m_to, m_b);
      std::swap(s_to, s_b);
      break;
    case in_a_list: {
      std::vector<V> list{a, b};
      list.push_back(to);                                       // moves what was there
      std::rotate(list.begin(), list.begin() + 1, list.end());  // b, to, a
      list.erase(list.begin());
      V last = std::move(list.back());
      list.insert(list.begin(), std::move(last));
      list.pop_back();  // a, to
      std::vector<M> matrices{m_a, m_b};
      std::reverse(matrices.begin(), matrices.end());
      std::vector<S> numbers{s_a, s_b};
      numbers.push_back(numbers.front());
      to = V(list.front() - 0.5 * list.back());
      m_to = std::move(matrices.front());  // what is left behind is never looked at
      s_to = S(std::move(numbers.back()) * numbers[1]);
      break;
    }
    case temporaries:
      s_to = S(V(a - b)[i]);
      to = V(head(V(a + b), n) - row(M(2.0 * m_a), i));
      m_to = transpose(M(m_a + m_b));
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
UNROLL_FUZZ_WORLDS(handles)
