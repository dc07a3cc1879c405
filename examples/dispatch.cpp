// Which power stations run, and how the answer moves with prices and demand: a quadratic program as a layer,
// its derivative by ADMM unrolled, by its fixed point, and by the conditions of Karush, Kuhn and Tucker.
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

template <class V>
struct Market {      // θ
  V prices, demand;  // of the stations, of the regions
};
const Market<Vector> market{Vector(8), Vector(2)};

// Stations of two regions deliver x at a cost price ∘ x + wear x²/2 each. All demand is met, what is sent
// between the regions is at most `line`, and no station exceeds its size.
struct Dispatch {
  Vector wear, size;
  double line = 2;
  template <class V>
  ProgramAt<V> operator()(const V& theta) const {
    const Index n = size.size(), half = n / 2;
    Matrix A = Matrix::Zero(2 + n, n);
    A.row(0).setOnes();             // total
    A.row(1).head(half).setOnes();  // of region 0
    A.bottomRows(n).setIdentity();
    const auto [prices, demand] = unpack(theta, market);
    const scalar_t<V> total = demand[0] + demand[1];
    const V low = V(assemble(std::vector<scalar_t<V>>{total, demand[0] - line})),
            high = V(assemble(std::vector<scalar_t<V>>{total, demand[0] + line}));
    return {matrix_t<V>(Matrix(wear.asDiagonal())), prices, matrix_t<V>(A),
            V(concatenate(low, V(Vector(Vector::Zero(n))))), V(concatenate(high, V(size)))};
  }
};

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "dispatch");
  const Index n = market.prices.size();
  NormalGenerator normal(2);
  const Dispatch dispatch{Vector::Constant(n, 0.5), Vector::LinSpaced(n, 1, 3)};
  const auto qp = make_quadratic_program(dispatch, n, n + 2, packed_size(market));
  const Market<Vector> given{Vector::LinSpaced(n, 2, 4) + 0.3 * normal.vector(n), Vector{{5.5, 4.0}}};
  const Vector theta = pack(given), x0 = Vector::Zero(n);
  const ProgramSolution found = solve_program(qp, theta);
  const Matrix by_kkt = kkt_jacobian(qp, found, theta);
  const Admm admm(qp);
  const auto bill = [](const auto& x, const auto& t) {  // the cost of all stations
    return dot(unpack(t, market).prices, x) + 0.25 * squared_norm(x);
  };
  const auto plain = [&](const Vector& t) {
    return bill(solve_program(qp, t, {.steps = 200000, .tolerance = 1e-12}).x, t);
  };
  const auto by_admm = [&](const Vector& t) {
    return hypergradient(bill, qp, admm, x0, t, {.steps = 3000}, Implicit{}).dtheta;
  };
  const bool right = examples::check(plain, by_admm, theta, arguments);

  Table table({"station", "size", "price", "runs at", "by its own price", "by demand 0", "by demand 1"});
  const auto number = [](double of, int digits = 3) { return fmt::format("{:.{}f}", of, digits); };
  for (Index i = 0; i < n; ++i) {
    const Market<Vector> slope = unpack(by_kkt.row(i).transpose(), market);
    table.add_row({fmt::format("{}", i), number(dispatch.size[i], 2), number(given.prices[i], 2),
                   number(found.x[i]), number(slope.prices[i]), number(slope.demand[0]),
                   number(slope.demand[1])});
  }
  Figure figure =
      examples::figure("dispatch", "Derivative of a dispatch", "ADMM steps", "relative error", 1e-15);
  const std::vector<double> ts{20, 30, 40, 60, 80, 100, 130, 160, 200, 300};
  const auto error = [&](const Method& method) {
    return [&, method](double t) {
      const Matrix J = jacobian(qp, admm, x0, theta, {.steps = static_cast<Index>(t)}, method).dx;
      return (J - by_kkt).norm() / by_kkt.norm();
    };
  };
  examples::add_curve(figure, "unrolled", ts, error(Reverse{}));
  examples::add_curve(figure, "corrected", ts, error(Reverse{.corrected = true}));
  examples::add_curve(figure, "implicit", ts, error(Implicit{}));
  examples::show(table, figure, arguments);
  return right && figure.curves[0].y.back() < 1e-4 && figure.curves[2].y.back() < 1e-4 ? 0 : 1;
}
