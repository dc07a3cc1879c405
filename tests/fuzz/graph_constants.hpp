#pragma once

#include <map>
#include <utility>
#include <vector>

#include "fuzz/graph.hpp"

/// The constants of a graph, all made from an instruction's number.
namespace unroll::fuzz {

/// n×n; small integers and a few zeros.
inline Matrix constant_matrix(const Instruction& step, Index n) {
  Matrix c(n, n);
  for (Index i = 0; i < c.size(); ++i)
    c(i) = static_cast<double>((static_cast<Index>(step.number) + 7 * i) % 5 - 2) / 2;
  return c;
}
/// The same, somewhere that outlives every tape.
inline const Matrix& lasting_matrix(const Instruction& step, Index n) {
  static std::map<std::pair<std::size_t, Index>, Matrix> made;
  return made.try_emplace({step.number % 5, n}, constant_matrix(step, n)).first->second;
}
/// No entry is 0.
inline Vector constant_vector(const Instruction& step, Index n) {
  Vector c(n);
  for (Index i = 0; i < n; ++i)
    c(i) = static_cast<double>((static_cast<Index>(step.number) + 7 * i) % 5 - 2) / 2 + 0.25;
  return c;
}
/// Regular and not symmetric; symmetric and positive definite, with a few zeros.
/// @{
inline Matrix regular_matrix(const Instruction& step, Index n) {
  return constant_matrix(step, n) + static_cast<double>(n + 1) * Matrix::Identity(n, n);
}
inline Matrix definite_matrix(const Instruction& step, Index n) {
  const Matrix c = constant_matrix(step, n);
  return c + c.transpose() + static_cast<double>(2 * n + 1) * Matrix::Identity(n, n);
}
/// @}
/// n indices below n, some of them twice.
inline std::vector<Index> indices(const Instruction& step, Index n) {
  std::vector<Index> chosen;
  for (Index i = 0; i < n; ++i) chosen.push_back((static_cast<Index>(step.number) * (i + 1) + i * i) % n);
  return chosen;
}
inline Matrix mask(const Instruction& step, Index n) {
  Matrix chosen(n, 1);
  for (Index i = 0; i < n; ++i) chosen(i) = static_cast<double>(step.number >> (i % 8) & 1);
  return chosen;
}
/// An exponent or a bound: whole, half, or any.
inline double plain_number(const Instruction& step) {
  constexpr double some[] = {2, 3, -1, 0.5, 1, -2, 1.5};
  const std::size_t at = step.number / 8 % 8;
  return at < std::size(some) ? some[at] : step.constant();
}

}  // namespace unroll::fuzz
