#include <fmt/format.h>
#include <sys/resource.h>

#include <memory>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// Gradient descent on ridge regression, 200×100, one θ: the gradient of w·x_T by checkpointing under 64 MiB.
namespace unroll::bench {

namespace {

struct LongRun {
  Index steps;
  std::size_t budget = std::size_t{64} << 20;
  RidgeProblem problem{normal_matrix(200, 100, 1), normal_vector(200, 2)};
  Vector theta = Vector::Constant(1, 0.01);
  Vector w = normal_vector(100, 3), x0 = normal_vector(100, 4);
  GradientDescent solver = GradientDescent::short_step(spectrum(problem.hessian_matrix(theta)).largest);
  Cost cost{};

  double primal() const {
    return w.dot(run(Oracle<Vector>(problem), solver, x0, theta, {.steps = steps}).state.x);
  }
  // No adjoint by hand can store this run; it is long converged, and its derivative that of the minimiser.
  Matrix ours() {
    const Vjp v = vjp(problem, solver, x0, theta, w, {.steps = steps}, Reverse{.memory_budget = budget});
    cost = v.cost;
    const Vector expected = implicit_vjp(problem, v.x, theta, w);
    if (!((v.dtheta - expected).norm() <= 1e-10 * expected.norm()))
      throw std::runtime_error("W9: differs from the implicit derivative");
    return v.dtheta;
  }
};

}  // namespace

std::vector<Workload> checkpoint_workloads() {
  std::vector<Workload> all;
  const auto add = [&](const char* name, Index steps, bool by_default) {
    const auto run = std::make_shared<LongRun>(LongRun{steps});
    Workload w{name,
               fmt::format("ridge 200x100, T = {}, 64 MiB, vjp", steps),
               [run] { return run->primal(); },
               {},
               [run] { return run->ours(); },
               steps};
    w.tape_bytes = [run] { return run->cost.tape_bytes; };
    w.by_default = by_default;
    all.push_back(std::move(w));
  };
  add("W9", 1000000, true);
  add("W9x", 10000000, false);
  return all;
}

}  // namespace unroll::bench
