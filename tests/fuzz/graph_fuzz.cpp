#include <fmt/format.h>

#include <array>
#include <optional>

#include "fuzz/fuzz.hpp"
#include "fuzz/library_graph.hpp"
#include "fuzz/reference_graph.hpp"

// A graph has the same value in every world. Along two directions, the tangents of duals, the adjoints of a
// tape and those of a tape with tangents are the derivatives of the reference, first and second; those of a
// tape along a further direction, third.
namespace unroll::fuzz {
namespace {

template <class V>
scalar_t<V> evaluate(const V& x, const std::vector<Instruction>& steps) {
  LibraryGraph<V> graph(x);
  for (const Instruction& step : steps) graph.run(step);
  return graph.result();
}

struct Bound {
  long double value, uncertainty;
};
/// The derivative along u of the second one along u and w, by central differences of the reference, of two
/// lengths, by whose disagreement it is uncertain: a kink on the way shows ten times as large in the shorter.
/// None near a kink.
std::optional<Bound> third_derivative(const Vector& x, const Vector& u, const Vector& w,
                                      const std::vector<Instruction>& steps) {
  const auto by = [&](double h) -> std::optional<long double> {
    std::array<long double, 4> second{};
    for (std::size_t i = 0; i < second.size(); ++i) {
      const double moved = std::array{-2 * h, -h, h, 2 * h}[i];
      ReferenceGraph reference(x + moved * u, u, w);
      for (const Instruction& step : steps)
        if (!reference.run(step)) return std::nullopt;
      second[i] = reference.result().uv;
    }
    return (8 * (second[2] - second[1]) - (second[3] - second[0])) / (12 * h);
  };
  const auto fine = by(1e-4), rough = by(1e-3);
  if (!fine || !rough) return std::nullopt;
  return Bound{*fine, 10 * std::abs(*fine - *rough)};
}

}  // namespace

namespace {

/// Mostly 1 … 6; now and then none, or so many that matrices are dealt with in strips, and large products in
/// blocks.
Index size_from(std::size_t byte) {
  if (byte < 4) return 0;
  if (byte < 8) return 17;
  if (byte == 8) return 70;
  return static_cast<Index>(1 + byte % 6);
}

}  // namespace

std::string draw(Engine& engine) {
  std::string bytes;
  for (std::size_t count = 19 + 3 * below(engine, 20); count-- > 0;) bytes += static_cast<char>(engine());
  return bytes;
}

void examine(std::string_view input) {
  Bytes bytes(input);
  const Index n = size_from(bytes.next());
  const Vector x = bytes.numbers(n), u = bytes.numbers(n), w = bytes.numbers(n);
  ReferenceGraph reference(x, u, w);
  std::vector<Instruction> steps;
  for (std::size_t left = n < 7 ? 64 : n < 20 ? 8 : 3; !bytes.empty() && left > 0; --left) {
    const Instruction step = bytes.instruction();
    if (reference.run(step)) steps.push_back(step);
  }
  const Hyper right = reference.result();
  const auto compare = [&](const char* what, double got, long double wanted, long double precision,
                           long double uncertainty = 0) {
    const long double scale = reference.largest() * static_cast<long double>(n * n + 1);
    const long double error = std::abs(got - wanted);
    if (error <= precision * scale + uncertainty) return;  // (false for NaN)
    std::string program;
    for (const Instruction& step : steps)
      program += fmt::format(" {}({},{},{};{})", static_cast<int>(step.operation), step.to, step.a, step.b,
                             step.number);
    throw Violation(fmt::format("{} is {}, not {}, off by {} at scale {}; n = {},{}", what, got,
                                static_cast<double>(wanted), static_cast<double>(error),
                                static_cast<double>(scale), n, program));
  };
  constexpr long double first = 1e-9L, second = 1e-8L;

  compare("the value", evaluate(x, steps), right.x, first);

  Matrix directions(n, 2);
  directions << u, w;
  const Dual dual = evaluate(DualVector(x, directions), steps);
  compare("the value of duals", dual.value(), right.x, first);
  const bool forward = dual.directions() != 0;  // else it is a constant
  compare("the tangent along u", forward ? dual.tangents()(0) : 0.0, right.u, first);
  compare("the tangent along w", forward ? dual.tangents()(1) : 0.0, right.v, first);

  const auto graph = [&](const VarVector& at) { return evaluate(at, steps); };
  const Vector slope = gradient(graph, x);
  compare("the gradient along u", slope.dot(u), right.u, first);
  compare("the gradient along w", slope.dot(w), right.v, first);

  const Matrix bend = hessian_vector_product(graph, x, directions);
  compare("the second derivative", bend.col(0).dot(w), right.uv, second);
  compare("the second derivative, of the other direction", bend.col(1).dot(u), right.uv, second);
  // (The reference takes eight evaluations for a third one.)
  if (const auto third = n < 20 ? third_derivative(x, u, w, steps) : std::nullopt) {
    const Matrix twist = third_derivative_product(graph, x, u, directions);
    compare("the third derivative", twist.col(1).dot(u), third->value, second, third->uncertainty);
    compare("the third derivative, of the other direction", twist.col(0).dot(w), third->value, second,
            third->uncertainty);
  }

  // Three seeds in one sweep: one, none, and one twice as large.
  Tape tape;
  const VarVector at = tape.input(x);
  const Var y = evaluate(at, steps);
  compare("the value on a tape", y.value(), right.x, first);
  if (y.is_constant()) return;
  const Matrix adjoints = tape.sweep(y, Eigen::RowVector3d(1, 0, 2)).adjoint(at);
  compare("the adjoint of seed 1", adjoints.col(0).dot(w), right.v, first);
  compare("the adjoint of seed 0", adjoints.col(1).cwiseAbs().sum(), 0, 0);
  compare("the adjoint of seed 2", adjoints.col(2).dot(w), 2 * right.v, 2 * first);
}

}  // namespace unroll::fuzz
