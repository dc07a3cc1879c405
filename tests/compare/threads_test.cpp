#include <doctest/doctest.h>

#include <functional>
#include <thread>
#include <vector>

#include "problem/problem_cases.hpp"
#include "unroll/compare/curse.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/solver/lbfgs.hpp"

// What may be shared by threads, and what each has of its own: for the thread sanitizer above all.
using namespace unroll;

namespace {

/// f(0) … f(count − 1), each in a thread of its own, all at once.
void at_once(int count, const std::function<void(int)>& f) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(f, i);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("threads that share a problem and a solver take its Jacobians, each by its own method") {
  const Lbfgs solver{.memory = 3};
  for (const auto& c : test::problem_cases()) {
    CAPTURE(c.name);
    const SolveOptions options{.steps = 3};
    const Matrix expected = jacobian(*c.problem, solver, c.x, c.theta, options, Forward{}).dx;
    std::vector<Matrix> found(4);
    at_once(4, [&](int i) {
      const auto mine = static_cast<std::size_t>(i);
      if (i == 0) found[mine] = jacobian(*c.problem, solver, c.x, c.theta, options, Forward{}).dx;
      if (i == 1) found[mine] = jacobian(*c.problem, solver, c.x, c.theta, options, Reverse{}).dx;
      if (i >= 2) found[mine] = jacobian(*c.problem, solver, c.x, c.theta, options, Reverse{.threads = 2}).dx;
    });
    for (const Matrix& dx : found) CHECK((dx - expected).norm() <= 1e-10 * (1 + expected.norm()));
  }
}

TEST_CASE("threads sweep one recording at once") {
  Tape tape;
  const VarVector x = tape.input(Vector{{1, 2, 3}});
  const Var y = squared_norm(x) * dot(Vector(Vector::Ones(3)), x);
  std::vector<Matrix> found(4);
  at_once(4, [&](int i) { found[static_cast<std::size_t>(i)] = tape.sweep(y).adjoint(x); });
  for (const Matrix& gradient : found) CHECK(gradient == Matrix(Vector{{26, 38, 50}}));
}

TEST_CASE("threads run experiments on one instance") {
  const auto problem = std::make_shared<const AffineQuadratic>(Matrix(Vector{{1, 3}}.asDiagonal()),
                                                               std::vector<Matrix>{Matrix::Identity(2, 2)},
                                                               Vector{{1, -1}}, Matrix::Ones(2, 1));
  const Instance instance = make_instance(problem, Vector::Constant(1, 0.5), Vector::Ones(2));
  std::vector<CurseResult> found(3);
  at_once(3, [&](int i) { found[static_cast<std::size_t>(i)] = run_curse(instance, {.steps = 20}); });
  for (const CurseResult& result : found)
    CHECK(result.summaries[0].final_error == found[0].summaries[0].final_error);
}
