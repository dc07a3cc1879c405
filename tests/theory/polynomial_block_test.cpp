#include "unroll/theory/polynomial_block.hpp"

#include <doctest/doctest.h>

#include "unroll/error.hpp"

namespace unroll {
namespace {

TEST_CASE("multiplying the block of 1 by λ three times gives the block of λ³") {
  const Vector lambda{{0.5, 2.0, 3.0}};
  for (const Index columns : {2, 4}) {
    Matrix block = first_block(lambda, columns);
    for (int k = 0; k < 3; ++k) block = multiply_by_lambda(lambda, block);
    for (Index j = 0; j < 3; ++j) {
      const double a = lambda[j];
      CHECK(block(j, 0) == doctest::Approx(a * a * a));
      if (columns == 2) CHECK(block(j, 1) == doctest::Approx(3 * a * a));
      for (Index k = 0; k + 1 < columns && columns == 4; ++k) {
        const double b = lambda[k];  // (a³ − b³)/(a − b)
        CHECK(block(j, 1 + k) == doctest::Approx(a * a + a * b + b * b));
      }
    }
  }
}

TEST_CASE("there is no block without eigenvalues") { CHECK_THROWS_AS(first_block(Vector(), 2), ShapeError); }

}  // namespace
}  // namespace unroll
