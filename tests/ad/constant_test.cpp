#include "unroll/ad/constant.hpp"

#include <doctest/doctest.h>

#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {

const Vector start = point(3);

// ∂(Σ y) in x, y = f(x), with whatever f's locals were overwritten between recording and sweep.
template <class F>
Vector pulled(const F& f, std::size_t* bytes = nullptr) {
  Tape tape;
  const VarVector x = tape.input(start);
  const Var y = sum(f(tape, x));
  std::vector<Matrix> noise(20, Matrix::Constant(4, 3, 1e9));
  if (bytes != nullptr) *bytes = tape.statistics().value_bytes;
  return tape.sweep(y).adjoint(x);
}
const Matrix A = matrix_point(4, 3, 5);
const Vector wanted = A.transpose() * Vector::Ones(4), twice = 2 * wanted;

[[gnu::noinline]] Matrix doubled() { return 2 * A; }

}  // namespace

TEST_CASE("a constant that is gone before the sweep has been copied: a local, a temporary, a view of one") {
  CHECK(pulled([](Tape&, const VarVector& x) {
          const Matrix local = 2.0 * A;
          return VarVector(local * x);
        }).isApprox(twice));
  CHECK(pulled([](Tape&, const VarVector& x) {
          auto local = std::make_unique<Matrix>(2.0 * A.transpose());
          const VarVector y = local->transpose() * x;
          local->setConstant(1e9);
          return y;
        }).isApprox(twice));
  CHECK(pulled([](Tape&, const VarVector& x) {
          VarVector y = Matrix(2.0 * A.transpose()).transpose() * x;
          return y;
        }).isApprox(twice));
  CHECK(pulled([](Tape&, const VarVector& x) {
          const VarVector top = doubled().topRows(2) * x, rest = doubled().bottomRows(2) * x;
          return concatenate(top, rest);
        }).isApprox(twice));
}

TEST_CASE("a constant that changes between two products is read as it was at each") {
  CHECK(pulled([](Tape&, const VarVector& x) {
          Matrix changing = A;
          const VarVector y = changing * x;
          changing *= 2;
          const VarVector z = changing * x;
          changing.setConstant(1e9);
          return VarVector(y + z);
        }).isApprox(3 * wanted));
}

TEST_CASE("sparse matrices and operators are copied likewise") {
  using Sparse = Eigen::SparseMatrix<double>;
  CHECK(pulled([](Tape&, const VarVector& x) {
          const Sparse local = doubled().sparseView();
          return VarVector(local * x);
        }).isApprox(twice));
  CHECK(pulled([](Tape&, const VarVector& x) {
          return VarVector(Sparse(Matrix(doubled().transpose()).sparseView()).transpose() * x);
        }).isApprox(twice));
  const auto op = [] {
    const Matrix B = doubled();
    return LinearOperator{3, 4, [B](const Vector& v) { return Vector(B.transpose() * v); },
                          [B](const Vector& v) { return Vector(B * v); }};
  };
  CHECK(pulled([&](Tape&, const VarVector& x) {
          return VarVector(transpose_product(op(), x));
        }).isApprox(twice));
  CHECK(pulled([&](Tape&, const VarVector& x) {
          return VarVector(transpose_product(LinearOperator(op()), x));
        }).isApprox(twice));
  Tape tape;
  const VarVector x = tape.input(start);
  CHECK_THROWS_AS((LinearOperator{-3, 3, {}, {}} * x), ShapeError);
}

TEST_CASE("what is referred to, by promise or by std::cref, and what is shared takes no memory of the tape") {
  struct Owner {
    Matrix A, B;
  };
  const Owner owner{Matrix::Ones(300, 3), Matrix::Ones(3, 300)};
  const Constant shared(owner.A);
  std::size_t referred = 0, by_word = 0, of_shared = 0, copied = 0;
  const auto both = [&](Tape&, const VarVector& x) {
    return concatenate(owner.A * x, owner.B.transpose() * x, owner.A.topRows(7) * x);
  };
  const Vector result = pulled(
      [&](Tape& tape, const VarVector& x) {
        tape.refer_to(owner);
        return both(tape, x);
      },
      &referred);
  CHECK(pulled(both, &copied) == result);
  CHECK(pulled(
            [&](Tape&, const VarVector& x) {
              return concatenate(std::cref(owner.A) * x, transpose(std::cref(owner.B)) * x,
                                 segment(std::cref(owner.A) * x, 0, 7));
            },
            &by_word) == result);
  CHECK(pulled([&](Tape&, const VarVector& x) { return VarVector(shared * x); }, &of_shared) ==
        Vector::Constant(3, 300.0));
  constexpr std::size_t matrix_bytes = 300 * 3 * sizeof(double);
  CHECK(copied >= referred + 2 * matrix_bytes);
  CHECK(by_word < referred + matrix_bytes);
  CHECK(of_shared < referred);
}

TEST_CASE("a constant that stays as it is is copied once, however often it is met") {
  std::size_t bytes = 0;
  const Matrix B = Matrix::Identity(3, 3);
  pulled(
      [&](Tape&, VarVector x) {
        for (int t = 0; t < 100; ++t) x = B * x;
        return x;
      },
      &bytes);
  std::size_t without = 0;
  pulled(
      [&](Tape&, VarVector x) {
        for (int t = 0; t < 100; ++t) x = std::cref(B) * x;
        return x;
      },
      &without);
  CHECK(bytes <= without + 2 * 9 * sizeof(double));
}

TEST_CASE("so is a plain factor entry by entry; where it changes every node has its own") {
  constexpr Index n = 1000, steps = 100;
  const auto bytes_where = [](bool changes) {
    Tape tape;
    const VarVector x = tape.input(Vector(Vector::Ones(n)));
    Vector w = Vector::Ones(n);
    VarVector y = x;
    for (Index t = 0; t < steps; ++t) {
      if (changes) w[500] = 1 + 1 / static_cast<double>(t + 1);  // their product is steps + 1
      y = cwise_product(w, y);
    }
    const std::size_t bytes = tape.statistics().value_bytes;
    const Vector g = tape.sweep(Var(sum(y))).adjoint(x);
    CHECK(g[499] == 1);
    CHECK(g[500] == doctest::Approx(changes ? steps + 1 : 1));
    return bytes;
  };
  CHECK(bytes_where(true) - bytes_where(false) >= (steps - 1) * n * sizeof(double));
}

TEST_CASE("shared and referred constants are differentiated as matrices are, from either side") {
  const Constant shared(A);
  const Constant sparse(Eigen::SparseMatrix<double>(A.sparseView()));
  check_rule([&](const auto& v) { return shared * v; }, start);
  check_rule([&](const auto& v) { return shared.transpose() * v; }, point(4));
  check_rule([&](const auto& v) { return transpose(shared) * v; }, point(4));
  check_rule([&](const auto& v) { return sparse * v; }, start);
  check_rule([&](const auto& v) { return transpose(sparse) * v; }, point(4));
  check_rule([&](const auto& m) { return m * shared; }, matrix_point(2, 4));
  check_rule([&](const auto& m) { return m * std::cref(A); }, matrix_point(2, 4));
  check_rule([&](const auto& m) { return std::cref(A) * m; }, matrix_point(3, 2));
}

TEST_CASE("empty products are empty or zero") {
  Tape tape;
  const VarMatrix m = tape.input(Matrix(Matrix::Ones(4, 3))), none = tape.input(Matrix(0, 3));
  const Matrix no_rows(0, 4), no_columns(3, 0);
  CHECK((no_rows * m).rows() == 0);
  CHECK((no_columns * none).value() == Matrix::Zero(3, 3));
  CHECK((transpose(none) * none).value() == Matrix::Zero(3, 3));
  CHECK(tape.sweep(sum(transpose(none) * none) + sum(m)).adjoint(m) == Matrix::Ones(12, 1));
}
