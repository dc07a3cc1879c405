#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>

#include "derivative/own_malloc.hpp"
#include "support/skipped.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/ridge.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"

/// A warm step asks for no memory: neither by operator new nor by malloc, which Eigen's arrays call.
#if UNROLL_OWN_MALLOC
namespace {
bool finds_memory() {
  const long call = unroll::test::malloc_calls.fetch_add(1, std::memory_order_relaxed);
  return call < unroll::test::first_failing || call > unroll::test::last_failing;
}
}  // namespace
extern "C" void* __libc_malloc(std::size_t size) noexcept;                 // NOLINT: glibc's own
extern "C" void* __libc_realloc(void* memory, std::size_t size) noexcept;  // NOLINT
extern "C" void* malloc(std::size_t size) noexcept {
  if (size > unroll::test::largest_request) unroll::test::largest_request = size;
  return finds_memory() ? __libc_malloc(size) : nullptr;
}
extern "C" void* realloc(void* memory, std::size_t size) noexcept {
  return finds_memory() ? __libc_realloc(memory, size) : nullptr;
}
#endif

namespace unroll::allocations {
namespace {

struct Least {
  Matrix a = Matrix::Random(7, 5);
  Vector b = Vector::Random(7);
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V r = a * x - b;
    return 0.5 * squared_norm(r) + 0.5 * theta[0] * squared_norm(x) + dot(x, square(tail(theta, 5)));
  }
};
constexpr Index n = 5, p = 6;

template <class F>
long count(const F& f) {
  const long before = test::malloc_calls;
  f();
  return test::malloc_calls - before;
}

// What one of a thousand further steps asks for, to the nearest whole.
template <class F>
long a_step(const F& run) {
  constexpr Index many = 1000;
  run(2 * many);  // warms the thread's memory
  const long longer = count([&] { run(2 * many); }), shorter = count([&] { run(many); });
  return (longer - shorter + many / 2) / many;
}

bool not_counted() { return test::skipped(!test::own_malloc, "this malloc cannot be counted"); }

TEST_CASE("a warm step allocates nothing, by the problem's own functions or taped") {
  if (not_counted()) return;
  const auto problem = make_problem(Least{}, n, p);
  const Vector x = Vector::Random(n), theta = Vector::Ones(p);
  const Matrix x_dot = Matrix::Random(n, 3);
  Vector g(n);
  Matrix dx(n, 3), dtheta(p, 3);
  const auto gradient = [&] { problem.gradient_into({x.data(), n}, {theta.data(), p}, {g.data(), n}); };
  const auto second_order = [&] {
    problem.second_order_into({x.data(), n}, {theta.data(), p}, {x_dot.data(), n, 3}, {nullptr, 0, 0},
                              {dx.data(), n, 3}, {dtheta.data(), p, 3});
  };
  gradient();
  second_order();
  CHECK(count(gradient) == 0);
  CHECK(count(second_order) == 0);
  CHECK(g == problem.gradient(x, theta));
  const SecondOrder s = problem.second_order(x, theta, x_dot, Matrix::Zero(p, 3));
  CHECK(dx == s.dx);
  CHECK(dtheta == s.dtheta);
  problem.gradient(x, theta);
  CHECK(count([&] { problem.gradient(x, theta); }) == 1);  // what it returns
}

TEST_CASE("a warm step of vjp allocates nothing") {
  if (not_counted()) return;
  const auto made = make_problem(Least{}, n, p);
  const RidgeProblem written = ridge(Matrix::Random(20, n), Vector::Random(20));
  const Vector w = Vector::Ones(n), x0 = Vector::Zero(n);
  const auto by = [&](const Problem& problem, const auto& solver) {
    const Vector theta = Vector::Ones(problem.parameters());
    return a_step([&](Index steps) { vjp(problem, solver, x0, theta, w, {.steps = steps}, Reverse{}); });
  };
  CHECK(by(made, GradientDescent{0.01}) == 0);
  CHECK(by(written, GradientDescent{0.01}) == 0);
  CHECK(by(made, Chebyshev{0.1, 20}) == 0);
}

TEST_CASE("a Jacobian of many parameters that nobody certifies needs no p x p array") {
  if (not_counted()) return;
  constexpr Index many = 2000, few = 8;
  std::atomic<std::size_t>& largest = test::largest_request;
  const auto problem = make_problem(
      [](const auto& x, const auto& theta) {
        return 0.5 * squared_norm(x) - dot(x, head(theta, few)) + 0.1 * squared_norm(x) * sum(theta);
      },
      few, many);
  const Vector theta = Vector::Constant(many, 1e-4);
  for (const NamedMethod& named : all_methods()) {
    const std::string& name = named.name;
    CAPTURE(name);
    // These take p directions: two to differentiate, one for the norm of M, which is in its proof.
    if (name == "forward" || name == "finite difference" || name == "certified") continue;
    largest = 0;
    const auto run = linearise(problem, GradientDescent{0.5}, Vector::Zero(few), theta, {.steps = 40},
                               named.method, {.columns = few});
    CHECK(run->jacobian().cols() == many);
    CHECK(largest < sizeof(double) * many * many / 4);
  }
  largest = 0;
  jacobian(problem, GradientDescent{0.5}, Vector::Zero(few), theta, {.steps = 40},
           Implicit{.certify = Certify::never});
  CHECK(largest < sizeof(double) * many * many / 4);
}

}  // namespace
}  // namespace unroll::allocations
