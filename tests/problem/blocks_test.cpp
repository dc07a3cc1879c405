#include <doctest/doctest.h>

#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/problem/prepared_problem.hpp"

/// Functions of blocks, f(Net<V>, Prior<V>), are those of the vectors that they are packed in.
namespace unroll::blocks {
namespace {

template <class V>
struct Net {
  matrix_t<V> W;
  V b;
};
template <class V>
struct Prior {
  scalar_t<V> log_weight;
  V centre;
};
const Net<Vector> net{Matrix(2, 3), Vector(2)};
const Prior<Vector> prior{0, Vector(2)};
const Matrix inputs = Matrix::NullaryExpr(3, 4, [](Index i, Index j) { return std::sin(double(3 * j + i)); });

template <class V>
scalar_t<V> value_of_blocks(const Net<V>& x, const Prior<V>& theta) {
  return 0.5 * squared_norm(flatten(matrix_t<V>(tanh(matrix_t<V>(x.W * inputs + repeat_columns(x.b, 4)))))) +
         0.5 * exp(theta.log_weight) * squared_norm(V(x.b - theta.centre));
}
struct OfVectors {
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    return value_of_blocks<V>(unpack(x, net), unpack(theta, prior));
  }
};
struct OfBoth {
  template <class V>
  scalar_t<V> operator()(const Net<V>& x, const Prior<V>& theta) const {
    return value_of_blocks(x, theta);
  }
  template <class V>
  std::optional<Curvature> curvature(const Prior<V>& theta) const {
    return Curvature{value_of(theta.log_weight), {}, {}};
  }
};
struct OfX {
  template <class V>
  scalar_t<V> operator()(const Net<V>& x, const V& theta) const {
    return value_of_blocks<V>(x, unpack(theta, prior));
  }
};
struct OfTheta {
  template <class V>
  scalar_t<V> operator()(const V& x, const Prior<V>& theta) const {
    return value_of_blocks<V>(unpack(x, net), theta);
  }
};
/// With exp(log_weight) prepared.
struct OfPrepared {
  template <class V>
  scalar_t<V> prepare(const Prior<V>& theta) const {
    using std::exp;
    return exp(theta.log_weight);
  }
  template <class V>
  scalar_t<V> operator()(const Net<V>& x, const Prior<V>& theta, const scalar_t<V>& weight) const {
    return value_of_blocks<V>(x, {scalar_t<V>(0 * theta.log_weight), V(x.b)}) +
           0.5 * weight * squared_norm(V(x.b - theta.centre));
  }
};

const Vector x = Vector::LinSpaced(8, -1, 0.9), theta = Vector::LinSpaced(3, -0.4, 0.7);

void check_same(const Problem& a, const Problem& b) {
  REQUIRE(a.dimension() == 8);
  REQUIRE(a.parameters() == 3);
  CHECK(a.value(x, theta) == doctest::Approx(b.value(x, theta)).epsilon(1e-14));
  CHECK((a.gradient(x, theta) - b.gradient(x, theta)).norm() <= 1e-14);
  CHECK((a.parameter_gradient(x, theta) - b.parameter_gradient(x, theta)).norm() <= 1e-14);
  const Matrix x_dot = Matrix::Identity(8, 2), theta_dot = Matrix::Ones(3, 2);
  const SecondOrder of_a = a.second_order(x, theta, x_dot, theta_dot),
                    of_b = b.second_order(x, theta, x_dot, theta_dot);
  CHECK(of_b.dx.norm() > 0.1);
  CHECK(of_b.dtheta.norm() > 0.1);
  CHECK((of_a.dx - of_b.dx).norm() <= 1e-13);
  CHECK((of_a.dtheta - of_b.dtheta).norm() <= 1e-13);
}

TEST_CASE("f of blocks, of x, of θ and of both, is the function of the vectors") {
  const auto plain = make_problem(OfVectors{}, 8, 3);
  check_same(make_problem(OfBoth{}, net, prior), plain);
  check_same(make_problem(OfX{}, net, 3), plain);
  check_same(make_problem(OfTheta{}, 8, prior), plain);
  CHECK(make_problem(OfBoth{}, net, prior).curvature(theta)->smallest_eigenvalue == theta[0]);
}

TEST_CASE("what is prepared of blocks") {
  const auto problem = make_problem(OfPrepared{}, net, prior);
  check_same(problem, make_problem(OfVectors{}, 8, 3));
  const auto given = problem.given(theta);
  REQUIRE(given != nullptr);
  CHECK(given->point()[3] == std::exp(theta[0]));
}

TEST_CASE("a loss of blocks") {
  const OnBlocks loss{OfBoth{}, net, prior};
  CHECK(loss(x, theta) == OfVectors{}(x, theta));
  CHECK_THROWS_WITH_AS(loss(Vector(x.head(7)), theta), "unpack: the vector has 7 entries, the layout 8",
                       ShapeError);
  CHECK_THROWS_AS((OnBlocks{OfX{}, net, 3}(x, Vector(theta.head(2)))), ShapeError);
}

TEST_CASE("a gradient of blocks comes in blocks, in every world") {
  const auto problem = make_problem(OfBoth{}, net, prior);
  const Vector g = problem.gradient(x, theta);
  CHECK(pack(Oracle<Vector>(problem).gradient(unpack(x, net), theta)) == g);
  Tape tape;
  const VarVector taped = tape.input(x), at = tape.input(theta);
  const Net<VarVector> gradient = Oracle<VarVector>(problem).gradient(unpack(taped, net), at);
  CHECK(pack(gradient).value() == g);
  const Vector w = Vector::LinSpaced(8, 1, 2);
  const Vector pulled = tape.sweep(dot(pack(gradient), w)).adjoint(taped);
  CHECK((pulled - problem.hessian(x, theta) * w).norm() <= 1e-13);
  const DualVector moved(x, Matrix(w));
  const Net<DualVector> dual = Oracle<DualVector>(problem).gradient(unpack(moved, net), DualVector(theta));
  CHECK((pack(dual).tangents() - problem.hessian(x, theta) * w).norm() <= 1e-13);
}

}  // namespace
}  // namespace unroll::blocks
