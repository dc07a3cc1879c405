// Norms of 0: the slope there, and second derivatives of what is smooth and of what is a cone.
#include <doctest/doctest.h>

#include <cmath>

#include "unroll/ad/along.hpp"
#include "unroll/ad/assembly.hpp"
#include "unroll/ad/gradient.hpp"
#include "unroll/ad/structure.hpp"

namespace unroll::norms {
namespace {

TEST_CASE("the derivative of a norm at 0 is 0, to second order too") {
  const Vector zero = Vector::Zero(3);
  const auto f = [](const auto& v) { return norm(v); };
  CHECK(gradient(f, zero) == zero);
  CHECK(norm(DualVector(zero, Matrix::Ones(3, 2))).tangents() == Eigen::RowVectorXd::Zero(2));
  CHECK(hessian_vector_product(f, zero, Matrix(Matrix::Ones(3, 2))) == Matrix::Zero(3, 2));
}

TEST_CASE("the square of a norm at 0 is smooth, however it is written") {
  const Vector zero = Vector::Zero(2);
  const Matrix identity = Matrix::Identity(2, 2);
  const auto hessian = [&](const auto& f) { return hessian_vector_product(f, zero, identity); };
  CHECK(hessian([](const auto& v) { return 0.5 * square(norm(v)); }) == identity);
  CHECK(hessian([](const auto& v) { return 0.5 * pow(norm(v), 2); }) == identity);
  CHECK(hessian([](const auto& v) { return 0.5 * (norm(v) * norm(v)); }) == identity);
  CHECK(gradient([](const auto& v) { return norm(v) * norm(2.0 * v); }, Vector{{3., 4.}})
            .isApprox(Vector{{12., 16.}}));
}

TEST_CASE("so is what else is smooth of a norm: a named one, a Huber function, those of rows; not a cone") {
  const Vector zero = Vector::Zero(2);
  // Second derivatives at 0 in directions that are no axes.
  const Matrix directions = (Matrix(2, 3) << 1, -2, 0, 3, 0.5, 0).finished();
  const auto hessian = [&](const auto& f) { return hessian_vector_product(f, zero, directions); };
  const auto of_norm = [&](const auto& g) {
    return hessian([&g](const auto& v) {
      const scalar_t<std::decay_t<decltype(v)>> r = norm(v);
      return scalar_t<std::decay_t<decltype(v)>>(g(r));
    });
  };
  const auto agrees = [&](const Matrix& product) {
    return product.allFinite() && (product - directions).norm() <= 1e-15 * directions.norm();
  };
  CHECK(agrees(of_norm([](const auto& r) { return 0.5 * r * r; })));
  CHECK(agrees(of_norm([](const auto& r) { return 0.5 * square(r); })));
  CHECK(agrees(of_norm([](const auto& r) { return 0.5 * pow(r, 2); })));
  CHECK(agrees(of_norm([](const auto& r) { return huber(r, 1.0); })));
  CHECK(agrees(of_norm([](const auto& r) { return log(cosh(r)); })));
  CHECK(agrees(of_norm([](const auto& r) { return sqrt(1 + r * r); })));
  CHECK(agrees(of_norm([](const auto& r) { return 0.5 * r * r + r * r * r; })));
  CHECK(agrees(hessian([](const auto& v) { return sum(huber(row_norms(reshape(v, 1, 2)), 1.0)); })));
  CHECK(agrees(hessian([](const auto& v) { return 0.5 * sum(square(column_norms(reshape(v, 1, 2)))); })));
  CHECK(agrees(hessian([](const auto& v) {  // beside a row that is not 0, which bends by itself
    return 0.5 * sum(square(row_norms(from_rows(std::vector{v, std::decay_t<decltype(v)>(v + 3.0)})))) -
           0.5 * squared_norm(v + 3.0);
  })));
  CHECK(of_norm([](const auto& r) { return r + r * r * r; }) == Matrix::Zero(2, 3));
}

TEST_CASE("a norm of 0 that is a cone has neither slope nor bend, beside one that is smooth") {
  const Vector zero = Vector::Zero(4), directions{{1, -2, 3, 0.5}};
  const auto f = [](const auto& v) {
    return 3.0 * norm(segment(v, 0, 2)) + 0.5 * square(norm(segment(v, 2, 2)));
  };
  CHECK(hessian_vector_product(f, zero, directions) == Vector{{0, 0, 3, 0.5}});
  const auto rows = [](const auto& v) {
    const auto norms = row_norms(reshape(v, 2, 2));  // of (v0, v2) and (v1, v3)
    return norms[0] + square(norms[1]);
  };
  CHECK((hessian_vector_product(rows, zero, directions) - Vector{{0, -4, 0, 1}}).norm() <= 1e-15);
  // θ in front of one, x = 0: the gradient there is 0, whatever θ.
  const auto weighted = [](const auto& v) { return v[3] * norm(segment(v, 0, 2)); };
  CHECK(hessian_vector_product(weighted, Vector{{0, 0, 0, 2}}, directions) == Vector::Zero(4));
  CHECK(hessian_vector_product(weighted, zero, directions) == Vector::Zero(4));  // nor for θ = 0
  const auto grouped = [](const auto& v) {
    const auto norms = column_norms(reshape(segment(v, 0, 2), 1, 2));
    return square(v[3]) * norms[0] + v[2] * exp(norms[1]) + 0.5 * square(norm(segment(v, 0, 2)));
  };
  CHECK(hessian_vector_product(grouped, zero, Matrix::Identity(4, 4)) ==
        Matrix(Vector{{1, 1, 0, 0}}.asDiagonal()));
}

TEST_CASE("a cone leaves the bends of any number of smooth norms beside it") {
  constexpr Index groups = 100;
  const auto f = [](const auto& v) {
    scalar_t<std::decay_t<decltype(v)>> sum = v[2 * groups] * norm(segment(v, 0, 2));
    for (Index i = 1; i < groups; ++i) sum += cosh(norm(segment(v, 2 * i, 2)));
    return sum;
  };
  Vector at = Vector::Zero(2 * groups + 1), directions = Vector::LinSpaced(2 * groups + 1, 1, 2);
  at[2 * groups] = 0.3;
  Vector right = directions;
  for (const Index i : {Index{0}, Index{1}, 2 * groups}) right[i] = 0;
  CHECK((hessian_vector_product(f, at, directions) - right).norm() <= 1e-14 * right.norm());
}

TEST_CASE("norms of rows hold for subnormal entries") {
  const Vector slope =
      gradient([](const auto& v) { return sum(row_norms(reshape(v, 1, 2))); }, Vector{{3e-310, 4e-310}});
  CHECK(slope[0] == doctest::Approx(0.6).epsilon(4e-15));
  CHECK(slope[1] == doctest::Approx(0.8).epsilon(4e-15));
}

}  // namespace
}  // namespace unroll::norms
