// Logistic regression whose rows lie on several ranks of an MPI program: its penalty is tuned on hold-out
// loss, by the same calls as on one machine, and every rank finds the same bits.
//
//   mpiexec -n 2 build/release/examples/distributed_logistic
#include <fmt/core.h>

#include "gallery.hpp"
#include "unroll/mpi/run.hpp"
#include "unroll/mpi/sum_over_ranks.hpp"
#include "unroll/unroll.hpp"

using namespace unroll;

// Rows first … first + count − 1 of a table that no rank holds as a whole: made here, read from a file
// elsewhere.
struct Share {
  Matrix a;
  Vector y;
  Share(mpi::Rows rows, Index n) : a(rows.count, n), y(rows.count) {
    for (Index i = 0; i < rows.count; ++i) {
      const double row = static_cast<double>(rows.first + i);
      for (Index j = 0; j < n; ++j) a(i, j) = std::sin(1.7 * row * static_cast<double>(j + 1));
      y[i] = a(i, 0) - a(i, 1) + 2 * std::cos(3.1 * row * row) > 0 ? 1 : -1;
    }
  }
};

int main(int argc, char** argv) {
  return mpi::run(argc, argv, [](const mpi::Communicator& comm) {
    const Index m = 600, n = 60;
    const mpi::Rows mine = mpi::rows_of_rank(m, comm);
    const auto problem = mpi::mean_over_ranks(comm, mine.count, [&] {
      const Share mine_alone(mine, n);
      return logistic(mine_alone.a, mine_alone.y);
    });
    const Share held_out({m, 200}, n);  // small: on every rank
    const Matrix margins = held_out.y.asDiagonal() * held_out.a;
    const auto loss = [&](const auto& x, const auto&) {
      return sum(softplus(-1.0 * (margins * x))) / static_cast<double>(margins.rows());
    };

    const Vector x0 = Vector::Zero(n), theta = Vector::Constant(1, 0.3);
    OuterOptions outer{.steps = 15, .tolerance = 1e-7};
    outer.project = [](const Vector& t) { return Vector(t.cwiseMax(1e-4)); };
    const GradientDescent solver{.step_size = 0.5};
    const OuterResult best =
        minimise_outer(loss, problem, solver, x0, theta, {.steps = 2000}, outer, Implicit{});

    // The check: the same on this rank alone, all rows in its own memory.
    const Share all({0, m}, n);
    const OuterResult alone =
        minimise_outer(loss, logistic(all.a, all.y), solver, x0, theta, {.steps = 2000}, outer, Implicit{});
    const double gap = std::abs(best.theta[0] - alone.theta[0]) / alone.theta[0];
    comm.agree("the result", mpi::Fingerprint().add({best.theta.data(), 1}));
    if (comm.rank() == 0) {
      fmt::print("theta {:.4f}, hold-out loss {:.5f}: the same bits on all ranks, and {} those of one rank\n",
                 best.theta[0], best.value, gap < 1e-8 ? "to 1e-8" : "far from");
      auto figure = examples::figure("distributed_logistic", "A penalty tuned by two ranks", "outer step",
                                     "hold-out loss above the lowest", 1e-8);
      std::vector<double> ks(best.steps.size());
      std::iota(ks.begin(), ks.end(), 1);
      examples::add_curve(figure, "both ranks", ks,
                          [&](double k) { return best.steps[std::size_t(k) - 1].value - best.value; });
      examples::draw(figure, "distributed_logistic.out");
    }
    return gap < 1e-8 ? 0 : 1;
  });
}
