// The gradient of ½‖x‖² is x.
#include <unroll/unroll.hpp>

int main() {
  const unroll::Vector x = unroll::Vector::LinSpaced(3, 1.0, 3.0);
  const auto f = [](const auto& v) { return 0.5 * unroll::squared_norm(v); };
  return (unroll::gradient(f, x) - x).norm() < 1e-15 ? 0 : 1;
}
