// A program in which one rank, the last, fails in the way that is named, while the others wait for it:
//   ending throws|dies|leaves|part|split
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "mpi/ranks.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/mpi/run.hpp"
#include "unroll/mpi/sum_over_ranks.hpp"
#include "unroll/problem/logistic.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace unroll {
namespace {

/// Logistic regression whose tenth gradient does what it must not.
class Ending final : public Problem {
 public:
  Ending(const test::Table& t, std::string how) : f_(t.a, t.y), how_(std::move(how)) {}
  Index dimension() const override { return f_.dimension(); }
  Index parameters() const override { return f_.parameters(); }
  double value(const Vector& x, const Vector& theta) const override { return f_.value(x, theta); }
  Vector gradient(const Vector& x, const Vector& theta) const override {
    if (++asked_ == 10) {
      if (how_ == "dies") kill(getpid(), SIGKILL);
      if (how_ == "leaves") std::_Exit(0);
      if (how_ == "part") throw NumericalError("the data are gone");
    }
    return f_.gradient(x, theta);
  }
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    return f_.second_order(x, theta, x_dot, theta_dot);
  }

 private:
  LogisticProblem f_;
  std::string how_;
  mutable int asked_ = 0;
};

int program(const mpi::Communicator& comm, const std::string& how) {
  const bool fails = comm.rank() == comm.size() - 1;
  const test::Table all = test::table(how == "split" ? comm.size() - 1 : 40, 3);
  if (how == "split" && fails) std::fprintf(stderr, "the last rank has no rows\n");
  const mpi::Rows mine = mpi::rows_of_rank(all.a.rows(), comm);
  const auto problem = mpi::mean_over_ranks(comm, mine.count, [&] {
    return Ending({all.rows(mine), all.labels(mine)}, fails ? how : "");
  });
  if (how == "throws" && fails) throw std::runtime_error("a file is missing");
  jacobian(problem, GradientDescent{.step_size = 0.1}, Vector::Zero(3), Vector::Constant(1, 0.1),
           {.steps = 100}, Reverse{});
  std::puts("no rank failed");
  return 0;
}

}  // namespace
}  // namespace unroll

int main(int argc, char** argv) {
  return unroll::mpi::run(argc, argv, [&](const unroll::mpi::Communicator& comm) {
    return unroll::program(comm, argc > 1 ? argv[1] : "");
  });
}
