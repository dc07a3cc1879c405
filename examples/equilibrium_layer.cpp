// A deep equilibrium layer (Bai, Kolter & Koltun 2019), z = tanh(W z + U u + b), and the gradient of a loss
// of z in its 5000 weights: through every iteration, through the last few, and of the equilibrium itself.
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

template <class V>
struct Weights {
  matrix_t<V> W, U;  // n×n, n × inputs
  V b;               // n
};

struct EquilibriumLayer {
  Weights<Vector> layout;
  Vector u;  // inputs

  template <class V>
  struct Prepared {
    matrix_t<V> W;
    V drive;  // U u + b
  };
  template <class V>
  Prepared<V> prepare(const V& theta) const {
    const Weights<V> w = unpack(theta, layout);
    return {w.W, w.U * u + w.b};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& z, const V&, Index, const Prepared<V>& made) const {
    return {tanh(made.W * z.x + made.drive)};
  }
};

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "equilibrium_layer");
  const Index n = 50, inputs = 49;
  NormalGenerator normal(1);
  const EquilibriumLayer layer{{Matrix(n, n), Matrix(n, inputs), Vector(n)}, normal.vector(inputs)};
  const Vector theta = pack(
      Weights<Vector>{0.12 * normal.matrix(n, n), 0.1 * normal.matrix(n, inputs), 0.1 * normal.vector(n)});
  const Vector z0 = Vector::Zero(n), target = normal.vector(n);
  const auto loss = [&](const auto& z, const auto&) { return 0.5 * squared_norm(z - target); };
  const NoObjective problem(n, theta.size());
  const auto gradient = [&](const Vector& t, Index steps, const Method& method) {
    return hypergradient(loss, problem, layer, z0, t, {.steps = steps}, method).dtheta;
  };
  const auto plain = [&](const Vector& t) {  // by Eigen alone
    const auto [W, U, b] = unpack(t, layer.layout);
    const Vector drive = U * layer.u + b;
    Vector z = z0;
    for (int i = 0; i < 60; ++i) z = (W * z + drive).array().tanh();
    return loss(z, t);
  };
  const bool right = examples::check(
      plain, [&](const Vector& t) { return gradient(t, 60, Reverse{}); }, theta, arguments);

  const std::vector<std::pair<std::string, Method>> methods{
      {"unrolled", Reverse{}}, {"last 10 steps", Reverse{.last_steps = 10}}, {"implicit", Implicit{}}};
  const Vector solution = gradient(theta, 2000, Implicit{});
  const std::vector<double> ts{10, 12, 15, 18, 22, 27, 40, 60, 90, 135, 200, 300};
  Table table({"gradient", "after 10 steps", "60", "300"});
  Figure figure =
      examples::figure("equilibrium_layer", "Gradient in 5000 weights", "iterations", "relative error");
  for (const auto& [name, method] : methods) {
    const auto error = [&, &method = method](double t) {
      return (gradient(theta, Index(t), method) - solution).norm() / solution.norm();
    };
    examples::add_curve(figure, name, ts, error);
    table.add_row({name, fmt::format("{:.1e}", error(10)), fmt::format("{:.1e}", error(60)),
                   fmt::format("{:.1e}", error(300))});
  }
  examples::show(table, figure, arguments);
  return right && figure.curves[0].y.back() < 1e-10 && figure.curves[2].y.back() < 1e-10 ? 0 : 1;
}
