#include <doctest/doctest.h>

#include "support/texts.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/ad/value_of.hpp"
#include "unroll/check/primitive.hpp"

namespace unroll {
namespace {

using test::contains;

struct MatVec {
  static Vector value(const Matrix& A, const Vector& x) { return A * x; }
  static Vector pushforward(const Matrix& A, const Vector& x, const Matrix& dA, const Vector& dx) {
    return dA * x + A * dx;
  }
  static auto pullback(const Matrix& A, const Vector& x, const Vector& y_bar) {
    return std::pair<Matrix, Vector>{y_bar * x.transpose(), A.transpose() * y_bar};
  }
};
/// y = s ⟨x, x⟩, right to second order.
struct ScaledSquare {
  static double value(double s, const Vector& x) { return s * x.squaredNorm(); }
  static double pushforward(double s, const Vector& x, double ds, const Vector& dx) {
    return ds * x.squaredNorm() + 2 * s * x.dot(dx);
  }
  template <class S, class V>
  static std::pair<S, V> pullback(const S& s, const V& x, const S& y_bar) {
    return {y_bar * squared_norm(x), (2.0 * s * y_bar) * x};
  }
};
struct NoTangents {
  static Vector value(const Vector& x) { return 2 * x; }
  static Vector pullback(const Vector&, const Vector& y_bar) { return 2 * y_bar; }
};

// One mistake each.
struct WrongSign : MatVec {
  static auto pullback(const Matrix& A, const Vector& x, const Vector& y_bar) {
    return std::pair<Matrix, Vector>{y_bar * x.transpose(), A.transpose() * -y_bar};
  }
};
struct WrongTangent {
  static Vector value(const Vector& x) { return x.cwiseAbs2(); }
  static Vector pushforward(const Vector& x, const Vector& dx) { return 2.001 * x.cwiseProduct(dx); }
  static Vector pullback(const Vector& x, const Vector& y_bar) { return 2.001 * x.cwiseProduct(y_bar); }
};
struct WrongSize {
  static Vector value(const Vector& x) { return x; }
  static Vector pushforward(const Vector&, const Vector& dx) { return dx; }
  static Vector pullback(const Vector&, const Vector&) { return Vector::Ones(1); }
};
struct NotLinear {
  static Vector value(const Vector& x) { return x; }
  static Vector pushforward(const Vector&, const Vector& dx) { return dx; }
  static Vector pullback(const Vector&, const Vector& y_bar) { return y_bar.cwiseAbs(); }
};
struct WrongSecond {
  static Vector value(const Vector& x) { return x.cwiseAbs2(); }
  static Vector pushforward(const Vector& x, const Vector& dx) { return 2 * x.cwiseProduct(dx); }
  template <class V>
  static V pullback(const V& x, const V& y_bar) {
    return cwise_product(Vector(2 * value_of(x)), y_bar);
  }
};
/// y = x∘x throughout in templates; and the same with a pushforward that forgets what x moves.
template <bool forgets>
struct TemplateSquare {
  static Vector value(const Vector& x) { return x.cwiseAbs2(); }
  template <class V>
  static V pushforward(const V& x, const V& dx) {
    if constexpr (forgets)
      return cwise_product(Vector(2 * value_of(x)), dx);
    else
      return cwise_product(V(2.0 * x), dx);
  }
  template <class V>
  static V pullback(const V& x, const V& y_bar) {
    return cwise_product(V(2.0 * x), y_bar);
  }
};

const Vector x{{1.3, -0.7, 0.4}};
const Matrix A{{1, 2, 3}, {-1, 0.5, 2}};

TEST_CASE("nothing is wrong with primitives that are right, of one or more operands of any kind") {
  CHECK(check_primitive<MatVec>(A, x));
  CHECK(check_primitive<ScaledSquare>(1.5, x));
  CHECK(check_primitive<NoTangents>(x));
  CHECK(check_primitive<TemplateSquare<false>>(x));
  CHECK(check_primitive<NoTangents>(1e-9 * x));
}

TEST_CASE("a wrong sign is found in the operand that has it, with the entry") {
  const Findings found = check_primitive<WrongSign>(A, x);
  CHECK(found.first_failure() == "pullback and pushforward, operand 2");
  CHECK(contains(found.str(), "[0, 2] -3 for 3"));
}

TEST_CASE("each mistake is found where it is") {
  CHECK(check_primitive<WrongTangent>(x).first_failure() == "pushforward and value");
  CHECK(check_primitive<WrongSize>(x).first_failure() == "pullback's size");
  CHECK(check_primitive<NotLinear>(x).first_failure() == "pullback is linear");
  CHECK(check_primitive<WrongSecond>(x).first_failure() == "pullback of dual numbers");
  CHECK(check_primitive<TemplateSquare<true>>(x).first_failure() == "pushforward of dual numbers");
}

}  // namespace
}  // namespace unroll
