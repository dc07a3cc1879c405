#include <memory>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// A quadratic program as a layer: 400 steps of ADMM, differentiated in its linear term.
namespace unroll::bench {

namespace {

struct Program {
  Matrix H, A;
  Vector lower, upper;
  template <class V>
  ProgramAt<V> operator()(const V& theta) const {
    return {matrix_t<V>(H), theta, matrix_t<V>(A), V(lower), V(upper)};
  }
};

struct Layer {
  static constexpr Index n = 20, m = 30, steps = 400;
  QuadraticProgram<Program> program;
  Admm<Program> admm{program};
  Vector theta = 3 * normal_vector(n, 3), w = Vector::Ones(n);

  static Layer make() {
    const Matrix B = normal_matrix(n, n, 1);
    return {make_quadratic_program(Program{B * B.transpose() + Matrix::Identity(n, n), normal_matrix(m, n, 2),
                                           Vector::Constant(m, -1), Vector::Constant(m, 1)},
                                   n, m, n)};
  }
  double primal() const {
    return solve(program, admm, Vector(Vector::Zero(n)), theta, {.steps = steps}).x().sum();
  }
  Matrix ours() const {
    return vjp(program, admm, Vector(Vector::Zero(n)), theta, w, {.steps = steps}, Reverse{}).dtheta;
  }
};

}  // namespace

std::vector<Workload> program_workloads() {
  const auto layer = std::make_shared<Layer>(Layer::make());
  return {Workload{"Q1",
                   "a program of 20 unknowns, 30 constraints, ADMM; beside the library's run",
                   [layer] { return layer->primal(); },
                   {},
                   [layer] { return layer->ours(); },
                   Layer::steps}};
}

}  // namespace unroll::bench
