#pragma once

#include <cstdint>
#include <string_view>

#include "unroll/types.hpp"

/// A random expression graph: a start, two directions, and instructions on a few registers, all decoded from
/// bytes, so that any input is a graph. It is evaluated in the library's worlds (library_graph.hpp) and by a
/// reference that shares no code with them (reference_graph.hpp).
namespace unroll::fuzz {

/// What an instruction computes; the registers hold vectors, n×n matrices and scalars. Many have variants,
/// chosen by the instruction's number.
enum class Operation : std::uint8_t {
  // entry by entry
  add,
  combine,
  product,
  quotient,
  scale,
  divide,
  shift,
  function,
  function_of_two,
  function_with_scalar,
  function_with_number,
  beside_constant,
  scalar_beside_constant,
  choose,
  clip,
  shrink,
  project,
  own_product,
  matrix_combination,
  matrix_shift,
  matrix_function,
  matrix_function_of_two,
  own_stretch,
  // parts and shapes
  cumulate,
  pick,
  spread,
  rotate,
  column_of,
  row_of,
  diagonal_of,
  along,
  assembled,
  packed,
  outer_product,
  transposed,
  rows_scaled,
  columns_scaled,
  repeated,
  diagonal_from,
  softmax_of,
  reshaped,
  cut,
  // linear maps
  constant_times,
  constant_times_matrix,
  matrix_times_constant,
  matrix_times_constant_vector,
  matrix_times,
  matrix_product,
  sparse_times,
  sparse_times_matrix,
  // linear systems
  solution,
  matrix_solution,
  factored_solution,
  factored_matrix_solution,
  sparse_solution,
  inverted,
  lower_factor,
  log_determinant,
  // to a scalar
  total,
  average,
  inner,
  squares,
  length,
  squared_length,
  soft_maximum,
  greatest,
  of_matrix,
  trace_of,
  form,
  entry,
  scalar_sum,
  scalar_product,
  scalar_quotient,
  scalar_function,
  scalar_function_of_two,
  long_expression,
  loop,
  own_energy,
  // of handles
  alias,
  take_and_return,
  compound,
  assign_to_itself,
  replace_by_constant,
  exchange,
  in_a_list,
  temporaries,
  count
};

/// Those that have no meaning where there is no entry.
constexpr bool needs_entries(Operation operation) {
  using enum Operation;
  switch (operation) {
    case pick:
    case spread:
    case rotate:
    case column_of:
    case row_of:
    case along:
    case softmax_of:
    case reshaped:
    case cut:
    case sparse_times:
    case sparse_times_matrix:
    case sparse_solution:
    case average:
    case soft_maximum:
    case greatest:
    case of_matrix:
    case entry:
    case temporaries:
      return true;
    default:
      return false;
  }
}

struct Instruction {
  Operation operation{};
  std::size_t to = 0, a = 0, b = 0;  // registers
  std::size_t number = 0;            // 0 … 255: an index, a function, a constant, a variant
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
  /// n numbers within (−2, 2), no two of them likely to be equal; a byte each for the first eight.
  Vector numbers(Index n) {
    Vector x(n);
    std::size_t byte = 0;
    for (Index i = 0; i < n; ++i) {
      byte = i < 8 ? next() : (37 * byte + 101) % 256;
      x[i] = (static_cast<double>(byte) - 127.5) / 64 + 0.003 * static_cast<double>(i);
    }
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

}  // namespace unroll::fuzz
