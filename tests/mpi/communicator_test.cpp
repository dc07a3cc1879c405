#include "unroll/mpi/communicator.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "mpi/ranks.hpp"
#include "support/texts.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

using test::contains;
using test::message_of;
using test::ranks;
using test::same_on_all;

TEST_CASE("a sum adds in order of ranks, whatever its size") {
  const Index r = ranks().rank(), R = ranks().size();
  for (const Index count : {0, 1, 3, 1000, 4095, 4096, 4097, 8193, 16385, 100001, (1 << 20) + 5}) {
    CAPTURE(count);
    // Numbers of very different sizes, whose sums depend on the order.
    const auto of_rank = [&](Index rank) {
      return Vector(Vector::LinSpaced(count, 0.1, 1.7) * std::pow(-1e5, static_cast<double>((rank * 7) % 4)) /
                    3);
    };
    Vector wanted = of_rank(0);
    for (Index other = 1; other < R; ++other) wanted += of_rank(other);
    Vector x = of_rank(r);
    ranks().sum({x.data(), static_cast<std::size_t>(x.size())});
    CHECK(x == wanted);
    CHECK(same_on_all(x));
  }
}

TEST_CASE("gather gives the numbers of every rank") {
  const Index r = ranks().rank();
  const Vector mine = Vector::Constant(3 * r, static_cast<double>(r));
  const auto all = ranks().gather({mine.data(), static_cast<std::size_t>(mine.size())});
  REQUIRE(static_cast<Index>(all.size()) == ranks().size());
  for (std::size_t other = 0; other < all.size(); ++other)
    CHECK(all[other] == std::vector<double>(3 * other, static_cast<double>(other)));
}

TEST_CASE("what is thrown on one rank is thrown on all, of the same kind, and names the lowest") {
  const Index r = ranks().rank(), R = ranks().size();
  const auto said = message_of<NumericalError>([&] {
    ranks().agree("work", {}, [&] {
      if (r == R - 1) throw NumericalError("no pivot");
    });
  });
  CHECK(contains(said, "no pivot"));
  if (R > 1) CHECK(said == fmt::format("mpi: work on rank {} of {}: no pivot", R - 1, R));
  const auto of_two = message_of<ShapeError>([&] {
    ranks().agree("work", {}, [&] {
      if (r == 0) throw ShapeError("first");
      throw DomainError("second");
    });
  });
  CHECK(contains(of_two, "first"));
  if (R == 1) return;
  CHECK_THROWS_WITH_AS(ranks().agree("work", {}, [&] { throw 3; }),
                       doctest::Contains("an exception that is no std::exception"), Error);
  CHECK_THROWS_AS(ranks().agree("work", {}, [&] { throw TapeError(""); }), TapeError);
  CHECK_THROWS_AS(ranks().agree("work", {}, [&] { throw DataError(std::string(100000, 'x')); }), DataError);
  CHECK_THROWS_AS(ranks().agree("work", {}, [&] { throw UnsupportedError("no"); }), UnsupportedError);
  ranks().agree("work", {});  // and they still meet
}

TEST_CASE("ranks that ask for different things are told so") {
  if (ranks().size() == 1) return;
  const auto said = message_of<DomainError>(
      [&] { ranks().agree("gradient", mpi::Fingerprint().add(ranks().rank() == 1 ? Index{1} : Index{0})); });
  CHECK(contains(said, "rank 1 asks for something else than rank 0"));
  CHECK_THROWS_AS(ranks().agree(ranks().rank() == 1 ? "gradient" : "value", {}), DomainError);
  CHECK(mpi::Fingerprint().add("ab").value() != mpi::Fingerprint().add("ba").value());
}

TEST_CASE("only the thread that made the communicator may speak") {
  std::string said;
  std::thread([&] { said = message_of<UnsupportedError>([&] { ranks().agree("gradient", {}); }); }).join();
  CHECK(contains(said, "another thread"));
}

TEST_CASE("rows are cut in order, into parts that differ by one at most; no rank is left without") {
  const Index r = ranks().rank(), R = ranks().size();
  for (const Index m : {R, R + 1, 2 * R + 3, Index{1000}}) {
    const mpi::Rows mine = mpi::rows_of_rank(m, ranks());
    CHECK(mine.count >= m / R);
    CHECK(mine.count <= m / R + 1);
    const double numbers[] = {static_cast<double>(mine.first), static_cast<double>(mine.count)};
    const auto all = ranks().gather(numbers);
    double next = 0;
    for (const auto& part : all) {
      CHECK(part[0] == next);
      next += part[1];
    }
    CHECK(next == static_cast<double>(m));
    CHECK(all[static_cast<std::size_t>(r)][0] == numbers[0]);
  }
  CHECK(contains(message_of<ShapeError>([&] { mpi::rows_of_rank(R - 1, ranks()); }),
                 fmt::format("{} rows for {} ranks", R - 1, R)));
}

}  // namespace
}  // namespace unroll
