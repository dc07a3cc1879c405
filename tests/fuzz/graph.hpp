#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "unroll/types.hpp"

/// A random expression graph: a start, two directions, and instructions on a few registers, all decoded from
/// bytes, so that any input is a graph. It is evaluated in the library's worlds (library_graph.hpp) and by a
/// reference that shares no code with them (reference_graph.hpp).
namespace unroll::fuzz {

/// What an instruction computes; v, m and s are the registers that hold vectors, n×n matrices and scalars.
enum class Operation : std::uint8_t {
  // to a vector
  add,
  combine,
  product,
  quotient,
  scale,
  divide,
  function,
  function_of_two,
  constant_times,
  transposed_times,
  matrix_times,
  cumulate,
  pick,
  spread,
  choose,
  clip,
  shrink,
  rotate,
  column_of,
  row_of,
  diagonal_of,
  row_totals,
  lu_solution,
  cholesky_solution,
  assembled,
  // to a matrix
  outer_product,
  transposed,
  matrix_product,
  matrix_combination,
  matrix_function,
  rows_scaled,
  repeated,
  diagonal_from,
  softmax_of_rows,
  inverted,
  // to a scalar
  total,
  average,
  inner,
  squares,
  length,
  soft_maximum,
  maximum,
  minimum,
  entry,
  scalar_sum,
  scalar_product,
  scalar_quotient,
  scalar_function,
  scalar_power,
  log_determinant,
  form,
  // of handles
  alias,
  take_and_return,
  add_to_itself,
  assign_to_itself,
  replace_by_constant,
  exchange,
  count
};

struct Instruction {
  Operation operation{};
  std::size_t to = 0, a = 0, b = 0;  // registers
  std::size_t number = 0;            // 0 … 255: an index, a function, a constant
  double constant() const { return (static_cast<double>(number) - 127.5) / 64; }  // never 0
};

constexpr std::size_t registers = 3;  // of each kind

/// The bytes of an input, 0 behind its end.
class Bytes {
 public:
  explicit Bytes(std::string_view text) : rest_(text) {}
  bool empty() const { return rest_.empty(); }
  std::size_t next() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  /// n numbers within (−2, 2), no two of them likely to be equal.
  Vector numbers(Index n) {
    Vector x(n);
    for (Index i = 0; i < n; ++i)
      x[i] = (static_cast<double>(next()) - 127.5) / 64 + 0.003 * static_cast<double>(i);
    return x;
  }
  Instruction instruction() {
    Instruction step;
    step.operation = static_cast<Operation>(next() % static_cast<std::size_t>(Operation::count));
    const std::size_t places = next();
    step.to = places % registers;
    step.a = places / registers % registers;
    step.b = places / registers / registers % registers;
    step.number = next();
    return step;
  }

 private:
  std::string_view rest_;
};

// Constants of the graph, all made from the instruction's number.
/// n×n; small integers and a few zeros.
inline Matrix constant_matrix(const Instruction& step, Index n) {
  Matrix c(n, n);
  for (Index i = 0; i < c.size(); ++i)
    c(i) = static_cast<double>((static_cast<Index>(step.number) + 7 * i) % 5 - 2) / 2;
  return c;
}
inline Vector constant_vector(const Instruction& step, Index n) {
  return constant_matrix(step, n).col(0).array() + 0.25;
}
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

}  // namespace unroll::fuzz
