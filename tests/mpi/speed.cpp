// What ranks are worth, and what they cost: a run of gradient descent on logistic regression and a pullback
// through it, on rank 0 alone and on all ranks, in turns; then the two messages of a call by themselves.
//   mpiexec -n 2 build/release/tests/unroll_bench_mpi [rows] [columns] [steps] [repeats]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <vector>

#include "mpi/ranks.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/mpi/run.hpp"
#include "unroll/mpi/sum_over_ranks.hpp"
#include "unroll/problem/logistic.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace unroll {
namespace {

double seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

/// The ranks wait for each other without using their cores.
void meet() {
  MPI_Request request;
  MPI_Ibarrier(MPI_COMM_WORLD, &request);
  for (int is_over = 0; is_over == 0;) {
    MPI_Test(&request, &is_over, MPI_STATUS_IGNORE);
    if (is_over == 0) usleep(500);
  }
}

int speed(const mpi::Communicator& comm, Index m, Index n, Index steps, int repeats) {
  const test::Table all = test::table(m, n);
  const mpi::Rows mine = mpi::rows_of_rank(m, comm);
  const auto over =
      mpi::mean_over_ranks(comm, mine.count, [&] { return logistic(all.rows(mine), all.labels(mine)); });
  const LogisticProblem alone = logistic(all.a, all.y);
  const Vector x0 = Vector::Zero(n), theta = Vector::Constant(1, 0.1), w = Vector::Ones(n);
  const auto pull = [&](const Problem& f) {
    return vjp(f, GradientDescent{.step_size = 0.1}, x0, theta, w, {.steps = steps},
               Reverse{.certify = Certify::never});
  };
  std::vector<double> of_one, of_all;
  Vjp one, together;
  for (int i = 0; i < repeats; ++i) {
    meet();
    if (comm.rank() == 0) of_one.push_back(seconds([&] { one = pull(alone); }));
    meet();
    comm.agree("start", {});
    of_all.push_back(seconds([&] { together = pull(over); }));
  }
  if (comm.rank() == 0) {
    std::printf("logistic %dx%d, %d steps and a pullback, median of %d:\n", static_cast<int>(m),
                static_cast<int>(n), static_cast<int>(steps), repeats);
    std::printf(
        "  rank 0 alone %.1f ms, %d ranks %.1f ms, %.2f times faster (best of each: %.2f)\n",
        1e3 * median(of_one), static_cast<int>(comm.size()), 1e3 * median(of_all),
        median(of_one) / median(of_all),
        *std::min_element(of_one.begin(), of_one.end()) / *std::min_element(of_all.begin(), of_all.end()));
    std::printf("  gap of the derivatives %.1e\n", test::gap(together.dtheta, one.dtheta));
  }
  const auto microseconds = [&](Index calls, const std::function<void()>& call) {
    std::vector<double> times;
    for (int i = 0; i < 21; ++i)
      times.push_back(1e6 / static_cast<double>(calls) * seconds([&] {
                        for (Index c = 0; c < calls; ++c) call();
                      }));
    return median(times);
  };
  const double agreed = microseconds(200, [&] { comm.agree("nothing", {}); });
  if (comm.rank() == 0) std::printf("agree: %.1f us\n", agreed);
  std::fflush(stdout);
  for (const Index count : {1, 200, 1000, 2000, 4000, 8000, 16000, 64000, 1000000}) {
    Vector x = Vector::Ones(count);
    const double us = microseconds(std::max<Index>(1, 40000 / (count + 200)), [&] {
      comm.sum({x.data(), static_cast<std::size_t>(count)});
    });
    const double own = microseconds(std::max<Index>(1, 40000 / (count + 200)), [&] {
      Vector y(count);
      MPI_Allreduce(x.data(), y.data(), static_cast<int>(count), MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    });
    if (comm.rank() == 0)
      std::printf("sum of %7d: %8.1f us, MPI_Allreduce %8.1f us\n", static_cast<int>(count), us, own);
  }
  return 0;
}

}  // namespace
}  // namespace unroll

int main(int argc, char** argv) {
  return unroll::mpi::run(argc, argv, [&](const unroll::mpi::Communicator& comm) {
    const auto argument = [&](int i, int otherwise) { return argc > i ? std::atoi(argv[i]) : otherwise; };
    return unroll::speed(comm, argument(1, 20000), argument(2, 200), argument(3, 20), argument(4, 15));
  });
}
