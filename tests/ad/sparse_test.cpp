#include "unroll/ad/sparse.hpp"

#include <limits>

#include "ad/check_rule.hpp"
#include "unroll/ad/decompositions.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
// A pattern of 3×4, with its entries.
const Matrix sparse_whole{{1.5, 0.0, -0.4, 0.0}, {0.0, 0.0, 2.0, 0.3}, {-0.7, 0.0, 0.0, 1.1}};
const SparsePattern pattern(sparse_whole.sparseView());
Vector entries_of(const SparsePattern& where, const Matrix& a) {
  Vector entries(where.size());
  const auto positions = where.positions();
  for (std::size_t k = 0; k < positions.size(); ++k)
    entries[static_cast<Index>(k)] = a(positions[k].first, positions[k].second);
  return entries;
}
const Vector entries_at = entries_of(pattern, sparse_whole);

// Of a symmetric positive definite matrix, with a corner that is not zero.
const Matrix stiffness{
    {4.0, -1.0, 0.0, 0.5}, {-1.0, 3.0, -0.7, 0.0}, {0.0, -0.7, 5.0, 0.0}, {0.5, 0.0, 0.0, 2.0}};
const SparsePattern symmetric_pattern(stiffness.sparseView());
const Vector stiffness_at = entries_of(symmetric_pattern, stiffness);
}  // namespace

TEST_CASE("a sparse product is differentiated in the entries and in what it multiplies") {
  const Vector x = point(4);
  const Matrix X = matrix_point(4, 2);
  const auto product = [](const auto& e, const auto& v) { return pattern.matrix(e) * v; };
  check_rule(product, entries_at, x);
  check_rule(product, entries_at, X);
  check_rule([](const auto& e, const auto& v) { return transpose(pattern.matrix(e)) * v; }, entries_at,
             point(3));
  check_rule([&](const auto& e) { return pattern.matrix(square(e)) * x; }, entries_at);
  check_rule([](const auto& v) { return pattern.matrix(entries_at) * v; }, x);
  check_rule([](const auto& v) { return pattern.matrix(cwise_product(v, v)) * head(v, 4); }, point(6));
  CHECK(product(entries_at, X).isApprox(sparse_whole * X));
  CHECK(
      Vector(transpose(pattern.matrix(entries_at)) * point(3)).isApprox(sparse_whole.transpose() * point(3)));
}

TEST_CASE("a sparse Cholesky solve is differentiated in the lower entries and in the right-hand side") {
  const Vector b = point(4);
  const auto solution = [](const auto& e, const auto& v) {
    return solve_cholesky(symmetric_pattern.matrix(e), v);
  };
  check_rule(solution, stiffness_at, b);
  check_rule(solution, stiffness_at, matrix_point(4, 3));
  check_rule([&](const auto& e) { return solution(e, b); }, stiffness_at);
  check_rule([&](const auto& v) { return solution(stiffness_at, v); }, b);
  check_rule([&](const auto& e) { return solve_cholesky(transpose(symmetric_pattern.matrix(e)), b); },
             stiffness_at);
  CHECK((stiffness * solution(stiffness_at, b)).isApprox(b, 1e-14));
}

TEST_CASE("sparse entries have the derivatives of a dense matrix at their places") {
  const Vector b = point(4);
  Tape tape;
  const VarMatrix a = tape.input(stiffness);
  const VarVector e = tape.input(stiffness_at);
  const Matrix of_dense = tape.sweep(sum(square(solve_cholesky(a, b)))).adjoint(a).reshaped(4, 4);
  const Matrix of_sparse = tape.sweep(sum(square(solve_cholesky(symmetric_pattern.matrix(e), b)))).adjoint(e);
  CHECK(of_sparse.isApprox(Matrix(entries_of(symmetric_pattern, of_dense)), 1e-12));
}

TEST_CASE("a sparse matrix that does not fit, or is not positive definite, throws with sizes") {
  CHECK_THROWS_WITH_AS(pattern.matrix(point(3)), "sparse matrix: 3 entries for a pattern of 6", ShapeError);
  CHECK_THROWS_WITH_AS(pattern.matrix(entries_at) * point(3), "sparse product: A is 3x4, X is 3x1",
                       ShapeError);
  CHECK_THROWS_WITH_AS(solve_cholesky(pattern.matrix(entries_at), point(3)),
                       "solve_cholesky: A is 3x4, not square", ShapeError);
  CHECK_THROWS_AS(solve_cholesky(symmetric_pattern.matrix(Vector(-stiffness_at)), point(4)), NumericalError);
  for (const Index n : {(Index{1} << 32) + 1, Index{1} << 31, std::numeric_limits<Index>::max()})
    CHECK_THROWS_AS(SparsePattern::band(n, 0, 0), ShapeError);
  CHECK_THROWS_AS(SparsePattern::band(Index{1} << 30, 2, 2), ShapeError);
}
