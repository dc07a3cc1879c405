#include "records.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/temporary_directory.hpp"
#include "unroll/error.hpp"

namespace figures {
namespace {

TEST_CASE("records are addressed by the names of their columns") {
  const unroll::test::TemporaryDirectory directory;
  const Records r = Records::read(directory.write("r.csv", "who,t\na,1\nb,2\na,\n"));
  CHECK(r.size() == 3);
  CHECK(r.different("who") == std::vector<std::string>{"a", "b"});
  const auto of_a = r.where("who", "a").numbers("t");
  CHECK(of_a.size() == 2);
  CHECK(of_a[0] == 1);
  CHECK(std::isnan(of_a[1]));
  CHECK_THROWS_AS(r.numbers("who"), unroll::DataError);
  CHECK_THROWS_AS(r.where("nobody", "a"), unroll::DataError);
}

TEST_CASE("a peak is the first of the highest, and a level is settled only where it holds to the end") {
  const std::vector<double> t = {0, 1, 2, 3, 4};
  CHECK(peak(t, {1, 3, 2, 3, 0}).at == 1);
  CHECK(peak(t, {1, 3, 2, 3, 0}).height == 3);
  CHECK(settled(t, {1, 0.1, 2, 0.1, 0}, 0.5) == 3);
  CHECK(settled(t, {0, 0, 0, 0, 0}, 0.5) == 0);
  CHECK_FALSE(settled(t, {0, 0, 0, 0, 1}, 0.5).has_value());
  CHECK_FALSE(settled(t, {0, 0, 0, 0, std::nan("")}, 0.5).has_value());
}

TEST_CASE("the exponent of a power is found, whatever points have no logarithm") {
  CHECK(exponent({1, 2, 4, 8, 16}, {3, 12, 0, 192, std::nan("")}) == doctest::Approx(2));
}

}  // namespace
}  // namespace figures
