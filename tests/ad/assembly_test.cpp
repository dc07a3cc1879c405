#include "unroll/ad/assembly.hpp"

#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

TEST_CASE("a matrix is assembled from scalars, column by column") {
  check_rule(
      [](const auto& v) {
        using S = scalar_t<std::remove_cvref_t<decltype(v)>>;
        return assemble(std::vector<S>{v[0] * v[1], S(2.0), v[2], exp(v[0]), S(-v[1]), v[2] * v[2]}, 2, 3);
      },
      point(3));
  CHECK(assemble(std::vector<double>{1, 2, 3, 4}, 2, 2) == Matrix{{1., 3.}, {2., 4.}});
  CHECK(assemble(std::vector<double>{}, 0, 3).cols() == 3);
  CHECK_THROWS_WITH_AS(assemble(std::vector<double>{1, 2, 3}, 2, 2), "assemble: 3 entries, not 2x2",
                       ShapeError);
  CHECK_THROWS_AS(assemble(std::vector<double>{1, 2}, -1, -2), ShapeError);
}

TEST_CASE("a matrix is made of its columns, and of its rows") {
  const Vector a = point(4, 1), b = point(4, 2);
  check_rule(
      [](const auto& u, const auto& v) {
        using V = ad::common_array_t<std::remove_cvref_t<decltype(u)>, std::remove_cvref_t<decltype(v)>>;
        return square(from_columns(std::vector<V>{u, V(square(v)), V(2.0 * u), V(Vector::Ones(4)), v}));
      },
      a, b);
  check_rule(
      [](const auto& u, const auto& v) {
        using V = ad::common_array_t<std::remove_cvref_t<decltype(u)>, std::remove_cvref_t<decltype(v)>>;
        return square(from_rows(std::vector<V>{u, V(square(v)), V(u + v)}));
      },
      a, b);
  CHECK(from_columns(std::vector<Vector>{Vector{{1., 2.}}, Vector{{3., 4.}}, Vector{{5., 6.}}}) ==
        Matrix{{1., 3., 5.}, {2., 4., 6.}});
  CHECK(from_rows(std::vector<Vector>{Vector{{1., 2.}}, Vector{{3., 4.}}}) == Matrix{{1., 2.}, {3., 4.}});
  CHECK(from_columns(std::vector<VarVector>{}).size() == 0);
  CHECK_THROWS_WITH_AS(from_columns(std::vector<Vector>{a, a, Vector(3)}),
                       "from_columns: column 2 has 3 entries, the first 4", ShapeError);
  CHECK_THROWS_WITH_AS(from_rows(std::vector<DualVector>{Vector(1), Vector(2)}),
                       "from_rows: row 1 has 2 entries, the first 1", ShapeError);
}

TEST_CASE("a matrix is made of blocks") {
  const Matrix A = matrix_point(2, 3, 1), B = matrix_point(2, 1, 2), C = matrix_point(1, 4, 3);
  check_rule(
      [](const auto& a, const auto& v) {
        using M =
            matrix_t<ad::common_array_t<std::remove_cvref_t<decltype(a)>, std::remove_cvref_t<decltype(v)>>>;
        const M column = reshape(head(v, 2), 2, 1), row = reshape(v, 1, 4);
        return square(from_blocks(std::vector<std::vector<M>>{{M(a), column}, {row}, {column, M(2.0 * a)}}));
      },
      A, point(4));
  Matrix wanted(3, 4);
  wanted << A, B, C;
  CHECK(from_blocks(std::vector<std::vector<Matrix>>{{A, B}, {C}}) == wanted);
  CHECK(from_blocks(std::vector<std::vector<Matrix>>{}).size() == 0);
  CHECK_THROWS_WITH_AS(from_blocks(std::vector<std::vector<Matrix>>{{C}, {A, C}}),
                       "from_blocks: block 1 has 1 rows, the first 2", ShapeError);
  CHECK_THROWS_WITH_AS(from_blocks(std::vector<std::vector<Matrix>>{{A, B}, {A}}),
                       "from_blocks: block row 1 has 3 columns, the first 4", ShapeError);
}
