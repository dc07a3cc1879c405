// The gradient of a function of a vector, in five minutes: write it once, differentiate it on a tape, check
// it by forward mode.
#include <fmt/core.h>

#include <unroll/unroll.hpp>

#include "gallery.hpp"

using unroll::Matrix;
using unroll::Vector;

// f(x) = log Σ exp(x_i) + ½‖Ax − b‖²: a template over the array type, with the library's functions. Called
// with a Vector it gives a number, with a VarVector it records itself on a tape, with a DualVector it carries
// tangents along.
struct Function {
  Matrix A;
  Vector b;

  template <class V>
  auto operator()(const V& x) const {
    const V residual = A * x - b;
    return unroll::log_sum_exp(x) + 0.5 * unroll::squared_norm(residual);
  }
};

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "first_gradient");
  const Function f{Matrix{{2.0, -1.0, 0.0}, {0.0, 1.0, 3.0}}, Vector{{1.0, -1.0}}};
  const Vector x{{0.5, -1.0, 2.0}};

  // In one line.
  const Vector gradient = unroll::gradient(f, x);

  // The same by hand: record, then sweep back from the result to the input.
  unroll::Tape tape;
  const unroll::VarVector input = tape.input(x);
  const unroll::Var y = f(input);
  const Vector swept = tape.sweep(y).adjoint(input);

  // The check: forward mode with one tangent for every entry of x.
  const unroll::Dual dual = f(unroll::DualVector(x, Matrix::Identity(3, 3)));
  const Vector forward = dual.tangents().transpose();

  fmt::print("f(x) = {:.6f}\n\n", f(x));
  fmt::print("{:>3} {:>12} {:>12} {:>12}\n", "i", "x", "tape", "forward");
  for (unroll::Index i = 0; i < x.size(); ++i) {
    fmt::print("{:>3} {:>12.6f} {:>12.6f} {:>12.6f}\n", i, x[i], gradient[i], forward[i]);
  }
  const double gap = (gradient - forward).norm() / forward.norm();
  fmt::print("\nrelative gap of the two: {:.1e}\n", gap);

  // And why not by differences: the error of (f(x + h e_0) − f(x))/h.
  std::vector<double> lengths;
  for (double h = 1; h > 1e-15; h /= 2) lengths.push_back(h);
  auto figure = examples::figure("first_gradient", "A derivative by differences", "h",
                                 "error, relative to the tape's derivative", 1e-9);
  figure.x_range = {{1e-15, 1}};
  const auto slope = [&](double h) { return (f(Vector(x + h * Vector::Unit(3, 0))) - f(x)) / h; };
  examples::add_curve(figure, "forward difference", lengths,
                      [&](double h) { return std::abs(slope(h) / gradient[0] - 1); });
  examples::draw(figure, arguments.directory);
  return gap < 1e-14 && swept == gradient ? 0 : 1;
}
