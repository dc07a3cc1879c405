#include "unroll/ad/unpack.hpp"

#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
template <class V>
struct Net {
  matrix_t<V> weights;
  V biases;
  scalar_t<V> slope;
};
template <class V>
struct Alone {
  V x;
};
const Net<Vector> layout{Matrix(2, 3), Vector(2), 0.0};
}  // namespace

TEST_CASE("blocks of theta are views by name, in every world") {
  const Matrix x = matrix_point(3, 4);
  check_rule(
      [&](const auto& theta) {
        const auto net = unpack<Net>(theta, layout);
        return net.slope * tanh(net.weights * x + repeat_columns(net.biases, 4));
      },
      point(9));
  CHECK(packed_size(layout) == 9);
  CHECK_THROWS_WITH_AS(unpack<Net>(point(8), layout), "unpack: the vector has 8 entries, the layout 9",
                       ShapeError);
}

TEST_CASE("packing is the reverse of unpacking") {
  const Vector theta = point(9);
  const auto net = unpack<Net>(theta, layout);
  CHECK(net.weights == Matrix(theta.head(6).reshaped(2, 3)));
  CHECK(net.slope == theta[8]);
  CHECK(pack(net) == theta);
  check_rule([](const auto& v) { return square(pack(unpack<Net>(v, layout))); }, theta);
  check_rule([](const auto& v) { return pack(unpack<Alone>(v, Alone<Vector>{Vector(9)})); }, theta);
}
