#include <doctest/doctest.h>
#include <fmt/format.h>

#include <exception>
#include <memory>
#include <string>
#include <thread>

#include "mpi/pairs.hpp"
#include "support/texts.hpp"
#include "unroll/error.hpp"

/// What is refused: on all ranks alike, with the rank that is to blame, and they can go on together.
namespace unroll::refused {
namespace {

using test::contains;
using test::Coupled;
using test::message_of;
using test::ranks;
using test::same_on_all;
using test::Table;

/// Throws once its gradient has been asked for often enough, on one rank.
class Failing final : public Problem {
 public:
  Failing(const Problem& f, bool fails) : f_(f), fails_(fails) {}
  Index dimension() const override { return f_.dimension(); }
  Index parameters() const override { return f_.parameters(); }
  double value(const Vector& x, const Vector& theta) const override { return f_.value(x, theta); }
  Vector gradient(const Vector& x, const Vector& theta) const override {
    if (fails_ && ++asked_ > 5) throw NumericalError("the disk is gone");
    return f_.gradient(x, theta);
  }
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    return f_.second_order(x, theta, x_dot, theta_dot);
  }

 private:
  const Problem& f_;
  bool fails_;
  mutable int asked_ = 0;
};

TEST_CASE("an error of one part ends the run on all ranks, which can go on together") {
  const Index last = ranks().size() - 1;
  const Table t = test::table(20, 3);
  const RidgeProblem local = ridge(t.a, t.y);
  const auto over = mpi::sum_over_ranks(ranks(), [&] { return Failing(local, ranks().rank() == last); });
  const Vector x0 = Vector::Zero(3), theta = Vector::Constant(1, 0.1);
  const std::string said = message_of<NumericalError>(
      [&] { jacobian(over, GradientDescent{.step_size = 0.01}, x0, theta, {.steps = 20}, Reverse{}); });
  CHECK(contains(said, "the disk is gone"));
  if (last > 0) CHECK(contains(said, fmt::format("gradient on rank {} of {}", last, last + 1)));
  CHECK(contains(message_of<DomainError>([&] { over.check_domain(Vector::Constant(1, NAN)); }), "theta[0]"));
  CHECK(same_on_all(mpi::sum_over_ranks(ranks(), [&] { return ridge(t.a, t.y); }).gradient(x0, theta)));
}

TEST_CASE("a wrong split is refused on all ranks") {
  const Index r = ranks().rank(), last = ranks().size() - 1;
  const Table t = test::table(20, 3);
  const auto make = [&] { return ridge(t.a, t.y); };
  CHECK(contains(message_of<ShapeError>([&] { mpi::mean_over_ranks(ranks(), r == last ? 0 : 20, make); }),
                 fmt::format("rank {} of {} has 0 rows", last, last + 1)));
  // Data that are empty on one rank, of other columns, or no data.
  CHECK(contains(message_of<ShapeError>([&] {
                   mpi::sum_over_ranks(
                       ranks(), [&] { return r == last ? ridge(Matrix(0, 3), Vector(0)) : ridge(t.a, t.y); });
                 }),
                 last == 0 ? "ridge" : fmt::format("sum over ranks on rank {}", last)));
  CHECK_THROWS_AS(mpi::SumOverRanks(ranks(), NAN, [&] { return mpi::detail::made(make); }), DomainError);
  CHECK_THROWS_AS(mpi::SumOverRanks(ranks(), 1, [] { return nullptr; }), DomainError);
  if (last == 0) return;
  CHECK(contains(message_of<ShapeError>([&] {
                   mpi::sum_over_ranks(ranks(), [&] { return ridge(t.a.leftCols(r == last ? 2 : 3), t.y); });
                 }),
                 "give every rank all columns"));
  CHECK_THROWS_AS(mpi::SumOverRanks(ranks(), 1,
                                    [&]() -> std::shared_ptr<const Problem> {
                                      if (r == last)
                                        return std::make_shared<const TemplateRoot<Coupled>>(Coupled{1}, 2,
                                                                                             1);
                                      return std::make_shared<const RidgeProblem>(t.a.leftCols(2), t.y);
                                    }),
                  DomainError);
}

TEST_CASE("ranks that are at different points are told so, and so are threads") {
  const Table t = test::table(20, 3);
  const auto over = mpi::sum_over_ranks(ranks(), [&] { return ridge(t.a, t.y); });
  const Vector theta = Vector::Constant(1, 0.1);
  if (ranks().size() > 1)
    CHECK(contains(message_of<DomainError>([&] {
                     over.gradient(Vector::Constant(3, static_cast<double>(ranks().rank())), theta);
                   }),
                   "at another point"));
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      over.gradient(Vector::Zero(3), theta);
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  REQUIRE(thrown);
  CHECK_THROWS_AS(std::rethrow_exception(thrown), UnsupportedError);
}

}  // namespace
}  // namespace unroll::refused
