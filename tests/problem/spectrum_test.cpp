#include "unroll/problem/spectrum.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "problem/problem_cases.hpp"
#include "support/worst.hpp"
#include "unroll/compare/setup.hpp"
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

/// A quadratic whose Hessian has given eigenvalues, D reflected at a random plane: a product costs O(n).
class Reflected final : public Problem {
 public:
  explicit Reflected(Vector eigenvalues)
      : eigenvalues_(std::move(eigenvalues)),
        normal_(test::Random(2).vector(eigenvalues_.size()).normalized()) {}
  Index dimension() const override { return eigenvalues_.size(); }
  Index parameters() const override { return 1; }
  double value(const Vector& x, const Vector&) const override { return 0.5 * x.dot(product(x)); }
  Vector gradient(const Vector& x, const Vector&) const override { return product(x); }
  SecondOrder second_order(const Vector&, const Vector&, const Matrix& x_dot, const Matrix&) const override {
    SecondOrder s{Matrix(x_dot.rows(), x_dot.cols()), Matrix::Zero(1, x_dot.cols())};
    for (Index j = 0; j < x_dot.cols(); ++j) s.dx.col(j) = product(x_dot.col(j));
    return s;
  }

 private:
  Vector reflected(const Vector& v) const { return v - 2 * normal_.dot(v) * normal_; }
  Vector product(const Vector& v) const { return reflected(eigenvalues_.cwiseProduct(reflected(v))); }
  Vector eigenvalues_, normal_;
};

SpectrumEstimate estimate(const Vector& eigenvalues, const SpectrumOptions& options = {}) {
  return estimate_spectrum(Reflected(eigenvalues), Vector::Zero(eigenvalues.size()), Vector::Zero(1),
                           options);
}

double relative(double value, double exact) { return std::abs(value / exact - 1); }

TEST_CASE("on the bundled data the estimated spectrum is the dense one, formed or by products") {
  int compared = 0;
  for (const std::string data :
       {"auto_mpg", "breast_cancer_diagnostic", "breast_cancer_original", "digits", "wine_quality_red"}) {
    for (const std::string loss : {"ridge", "logistic"}) {
      if (loss == "logistic" && !data.starts_with("breast")) continue;  // their targets have more values
      const Instance i = set_up({.data = data, .loss = loss, .data_directory = UNROLL_DATA_DIR}).instance;
      for (const Index dense_up_to : {0, 500}) {
        CAPTURE(data);
        CAPTURE(dense_up_to);
        const SpectrumEstimate e =
            estimate_spectrum(*i.problem, i.minimiser, i.theta, {.dense_up_to = dense_up_to});
        CHECK(e.warning.empty());
        CHECK(relative(e.spectrum.largest, i.spectrum.largest) <= 1e-3);
        CHECK(relative(e.spectrum.smallest, i.spectrum.smallest) <= 5e-2);
        CHECK(e.cost.hessian_vector_products <= i.start.size() + 3);
        ++compared;
      }
    }
  }
  CHECK(compared == 14);
}

TEST_CASE("of two thousand variables and a condition of a million Lanczos finds both ends") {
  const Vector even = Vector::LinSpaced(2000, 1e-6, 1);
  Vector decaying(2000);
  for (Index j = 0; j < 2000; ++j)
    decaying[j] = 0.01 + 1 / ((1.0 + static_cast<double>(j)) * (1.0 + static_cast<double>(j)));
  for (const Vector& eigenvalues : {even, decaying}) {
    const SpectrumEstimate e = estimate(eigenvalues);
    const double smallest = eigenvalues.minCoeff(), largest = eigenvalues.maxCoeff();
    CHECK(e.warning.empty());
    CHECK(relative(e.spectrum.largest, largest) <= 1e-3);
    CHECK(relative(e.spectrum.smallest, smallest) <= 5e-2);
    CHECK(e.smallest_error <= 5e-2 * e.spectrum.smallest);
  }
}

TEST_CASE("an end that the products do not reach comes with a warning, and lies inside the spectrum") {
  const Vector crowded = Vector::LinSpaced(2000, std::log(1e-8), 0).array().exp();
  const SpectrumEstimate e = estimate(crowded, {.most_products = 300});
  CHECK(e.warning.find("smallest eigenvalue") != std::string::npos);
  CHECK(e.spectrum.smallest >= crowded[0]);
  CHECK(e.smallest_error > 5e-2 * e.spectrum.smallest);
  CHECK(e.cost.hessian_vector_products <= 305);
  CHECK(relative(e.spectrum.largest, 1) <= 1e-3);
}

TEST_CASE("the error bounds hold: an eigenvalue is that near") {
  const Vector eigenvalues = Vector::LinSpaced(600, std::log(1e-3), 0).array().exp();
  for (const Index products : {60, 200}) {
    const SpectrumEstimate e = estimate(eigenvalues, {.most_products = products});
    const auto distance = [&](double end) { return -test::largest(-(eigenvalues.array() - end).abs()); };
    CHECK(distance(e.spectrum.smallest) <= e.smallest_error + 1e-14);
    CHECK(distance(e.spectrum.largest) <= e.largest_error + 1e-14);
  }
}

TEST_CASE("a Hessian that is not positive definite comes with a warning") {
  for (const Index n : {5, 600}) {
    Vector eigenvalues = Vector::LinSpaced(n, 1, 2);
    eigenvalues[3] = -0.5;
    const SpectrumEstimate e = estimate(eigenvalues);
    CHECK(e.spectrum.smallest == doctest::Approx(-0.5));
    CHECK(e.warning.find("not strongly convex") != std::string::npos);
  }
}

TEST_CASE("estimating twice gives the same numbers, one variable is enough") {
  const Vector eigenvalues = Vector::LinSpaced(600, 0.1, 1);
  CHECK(estimate(eigenvalues).spectrum.smallest == estimate(eigenvalues).spectrum.smallest);
  CHECK(estimate(Vector::Constant(1, 3)).spectrum.largest == 3);
  const SpectrumEstimate identity = estimate(Vector::Ones(600));
  CHECK(identity.spectrum.smallest == doctest::Approx(1));
  CHECK(identity.spectrum.largest == doctest::Approx(1));
}

TEST_CASE("sizes, options and products that make no sense are refused") {
  const Reflected problem(Vector::Ones(600));
  const Vector x = Vector::Zero(600), theta = Vector::Zero(1);
  CHECK_THROWS_AS(estimate_spectrum(problem, Vector::Zero(2), theta), ShapeError);
  CHECK_THROWS_AS(estimate_spectrum(problem, x, Vector::Zero(2)), ShapeError);
  CHECK_THROWS_AS(estimate_spectrum(problem, x, theta, {.smallest_accuracy = -1}), DomainError);
  CHECK_THROWS_AS(estimate_spectrum(problem, x, theta, {.most_products = 0}), DomainError);
  const Vector faulty = Vector::Constant(600, std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_AS(estimate(faulty), NumericalError);
  CHECK_THROWS_AS(estimate(faulty, {.dense_up_to = 600}), NumericalError);
}

}  // namespace
}  // namespace unroll
