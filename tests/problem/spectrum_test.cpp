#include "unroll/problem/spectrum.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "solver/random_quadratic.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

TEST_CASE("the spectrum of a matrix is what it was made from") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(10, 1, 0.02, 4, false, 1);
  const Spectrum s = spectrum(problem.hessian_matrix(theta));
  CHECK(s.smallest == doctest::Approx(0.02).epsilon(1e-12));
  CHECK(s.largest == doctest::Approx(4).epsilon(1e-14));
  CHECK(s.condition_number() == doctest::Approx(200).epsilon(1e-12));
}

TEST_CASE("the spectrum of a number is that number, twice") {
  const Spectrum s = spectrum(Matrix::Constant(1, 1, -3.0));
  CHECK(s.smallest == -3);
  CHECK(s.largest == -3);
}

TEST_CASE("a matrix that is not square, empty, not symmetric or not finite has no spectrum here") {
  CHECK_THROWS_AS(spectrum(Matrix::Ones(2, 3)), ShapeError);
  CHECK_THROWS_AS(spectrum(Matrix()), ShapeError);
  CHECK_THROWS_AS(spectrum(Matrix{{1.0, 2.0}, {0.0, 1.0}}), DomainError);
  CHECK_THROWS_AS(spectrum(Matrix::Constant(2, 2, std::numeric_limits<double>::quiet_NaN())), DomainError);
}

}  // namespace
}  // namespace unroll
