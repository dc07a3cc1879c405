#include <fmt/format.h>

#include <limits>
#include <span>

#include "fuzz/fuzz.hpp"
#include "fuzz/library_graph.hpp"
#include "unroll/error.hpp"

// Graphs at zeros of both signs, ties, and numbers so large or small that products leave the range, where no
// difference quotient says what is right. The worlds are compared with one another: value and error are the
// same in all, and forward and reverse mode have the same derivatives, infinite and undefined ones at the
// same places.
namespace unroll::fuzz {
namespace {

constexpr double ordinary[] = {0.0, -0.0, 1.0, -1.0, 1.0, 0.5, -0.5, 2.0};
constexpr double extreme[] = {
    1e-300, -1e-300, 1e300, -1e300, std::numeric_limits<double>::denorm_min(), -1e-310, 1e155, 1.0 + 0x1p-52};

/// Whether all worlds compute an entry by the same operations in the same order. Sums of products and
/// solutions of systems round, and leave the range, each world in its own; so do primitives of one's own; and
/// of a ratio whose divisor is 0 a tangent may be 0/0 where a cotangent is not asked for.
bool is_exact(Operation operation) {
  using enum Operation;
  switch (operation) {
    case add:
    case product:
    case scale:
    case shift:
    case function:
    case function_of_two:
    case function_with_scalar:
    case function_with_number:
    case choose:
    case clip:
    case shrink:
    case project:
    case matrix_function:
    case matrix_function_of_two:
    case pick:
    case rotate:
    case column_of:
    case row_of:
    case diagonal_of:
    case packed:
    case outer_product:
    case transposed:
    case rows_scaled:
    case columns_scaled:
    case repeated:
    case diagonal_from:
    case softmax_of:
    case reshaped:
    case soft_maximum:
    case greatest:
    case length:
    case entry:
    case scalar_sum:
    case scalar_product:
    case scalar_quotient:
    case scalar_function:
    case scalar_function_of_two:
    case alias:
    case exchange:
      return true;
    default:
      return false;
  }
}

struct Input {
  Vector x, y;
  std::vector<Instruction> steps;
};

/// Everything that was computed, or why it was not.
template <class V>
struct Outcome {
  V registers;
  std::string error;
};
template <class V>
Outcome<V> outcome(const Input& input, const V& x, const V& y) {
  try {
    LibraryGraph<V> graph(x, y);
    for (const Instruction& step : input.steps) graph.run(step);
    return {concatenate(graph.v[0], graph.v[1], graph.v[2], flatten(graph.m[0]), flatten(graph.m[1]),
                        flatten(graph.m[2]), assemble(std::span<const scalar_t<V>>(graph.s))),
            ""};
  } catch (const Error& e) {
    return {{}, e.what()};
  }
}

/// ∂(registers)/∂(x, y), forwards.
Outcome<DualVector> forward(const Input& input) {
  const Index n = input.x.size();
  const Matrix identity = Matrix::Identity(2 * n, 2 * n);
  return outcome(input, DualVector(input.x, identity.topRows(n)),
                 DualVector(input.y, identity.bottomRows(n)));
}

/// Whether they are the same number, or differ by rounding; infinite and undefined ones are the same.
bool agree(double a, double b, double precision, double scale) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  constexpr double subnormal = 1e-322;
  return std::abs(a - b) <= precision * std::max({std::abs(a), std::abs(b), scale}) + subnormal;
}
/// A message without the signs of its zeros.
std::string unsigned_text(std::string message) {
  std::erase(message, '-');
  return message;
}

/// The greatest magnitude of what is finite.
double largest(const Matrix& x) {
  double most = 0;
  for (const double entry : x.reshaped())
    if (std::isfinite(entry)) most = std::max(most, std::abs(entry));
  return most;
}

class Examination {
 public:
  explicit Examination(const Input& input) : input_(input), plain_(outcome(input, input.x, input.y)) {}

  void compare() const {
    const auto dual = forward(input_);
    same_value("forward", dual.error, dual.error.empty() ? dual.registers.value() : Vector());
    Matrix forwards = Matrix::Zero(plain_.registers.size(), 2 * input_.x.size());
    if (dual.registers.directions() > 0) forwards = dual.registers.tangents();

    Tape tape;
    const VarVector x = tape.input(input_.x), y = tape.input(input_.y);
    const auto taped = outcome(input_, x, y);
    same_value("a tape", taped.error, taped.error.empty() ? taped.registers.value() : Vector());
    if (!plain_.error.empty() || taped.registers.is_constant()) return;
    const Index size = taped.registers.size();
    const Sweep all = tape.sweep(taped.registers, Matrix::Identity(size, size));
    Matrix backwards(size, 2 * input_.x.size());
    backwards << all.adjoint(x).transpose(), all.adjoint(y).transpose();
    same_derivative(forwards, backwards);
  }

 private:
  bool exact() const { return is_exact(input_.steps.back().operation); }

  void same_value(const char* world, const std::string& error, const Vector& value) const {
    require(unsigned_text(error) == unsigned_text(plain_.error),
            describe(fmt::format("{}: '{}', not '{}'", world, error, plain_.error)));
    const double scale = exact() ? 0.0 : largest(plain_.registers);
    for (Index i = 0; i < value.size(); ++i)
      require((!exact() && !std::isfinite(value[i])) || agree(value[i], plain_.registers[i], 1e-13, scale),
              describe(fmt::format("{}: value {} is {}, not {}", world, i, value[i], plain_.registers[i])));
  }
  /// Of one exact operation all. Of several, what is finite in both modes: an infinite slope may meet a zero
  /// by which one of them multiplies before, and the other after.
  void same_derivative(const Matrix& forwards, const Matrix& backwards) const {
    const bool all = exact() && input_.steps.size() == 1;
    const double scale = all ? 0.0 : largest(forwards);
    for (Index j = 0; j < forwards.cols(); ++j)
      for (Index i = 0; i < forwards.rows(); ++i) {
        const double f = forwards(i, j), b = backwards(i, j);
        const bool compared = all || (std::isfinite(f) && std::isfinite(b));
        require(!compared || agree(f, b, 1e-10, scale),
                describe(fmt::format("derivative ({}, {}) is {} forwards, {} backwards", i, j, f, b)));
      }
  }
  std::string describe(const std::string& what) const {
    std::string text = what + "; x, y =";
    for (const Vector& entries : {input_.x, input_.y}) {
      for (const double entry : entries) text += fmt::format(" {}", entry);
      text += ",";
    }
    for (const Instruction& step : input_.steps)
      text += fmt::format(" {}({},{},{};{})", static_cast<int>(step.operation), step.to, step.a, step.b,
                          step.number);
    return text;
  }

  const Input& input_;
  Outcome<Vector> plain_;
};

/// Whether a further step would find numbers that are finite, and of derivatives that no rounding spoils.
bool goes_on(const Input& input) {
  constexpr double most = 1e4;
  const auto dual = forward(input);
  return dual.error.empty() && (dual.registers.block().array().abs() <= most).all();
}

}  // namespace

std::string draw(Engine& engine) {
  std::string bytes;
  for (std::size_t count = 2 + 2 * 3 + 3 * (1 + below(engine, 6)); count-- > 0;)
    bytes += static_cast<char>(engine());
  return bytes;
}

void examine(std::string_view text) {
  Bytes bytes(text);
  const auto n = static_cast<Index>(1 + bytes.next() % 3);
  const bool several = bytes.next() % 2 == 0;
  const auto entries = [&] {
    Vector x(n);
    for (double& entry : x) {
      const std::size_t byte = bytes.next();
      entry = !several && byte % 2 == 1 ? extreme[byte / 2 % std::size(extreme)]
                                        : ordinary[byte / 2 % std::size(ordinary)];
    }
    return x;
  };
  Input input;
  input.x = entries();
  input.y = entries();
  for (std::size_t left = several ? 6 : 1; !bytes.empty() && left > 0; --left) {
    const Instruction step = bytes.instruction();
    if (!several && !is_exact(step.operation)) continue;
    input.steps.push_back(step);
    Examination(input).compare();
    if (!is_exact(step.operation) || !goes_on(input)) break;
  }
}

}  // namespace unroll::fuzz
