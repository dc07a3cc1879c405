// Which power stations run, and how the answer moves with prices and demand: a quadratic program as a layer,
// its derivative by ADMM unrolled, by its fixed point, and by the conditions of Karush, Kuhn and Tucker.
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

// Stations of two regions deliver x at a cost price ∘ x + wear x²/2 each. All demand is met, what is sent
// between the regions is at most `line`, and no station exceeds its size. θ = (prices, demand of each
// region).
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
    const V demand = tail(theta, 2);
    const scalar_t<V> total = demand[0] + demand[1];
    const V low = V(assemble(std::vector<scalar_t<V>>{total, demand[0] - line})),
            high = V(assemble(std::vector<scalar_t<V>>{total, demand[0] + line}));
    return {matrix_t<V>(Matrix(wear.asDiagonal())), V(head(theta, n)), matrix_t<V>(A),
            V(concatenate(low, V(Vector(Vector::Zero(n))))), V(concatenate(high, V(size)))};
  }
};

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "dispatch");
  const Index n = 8, p = n + 2;
  NormalGenerator normal(2);
  const Dispatch dispatch{Vector::Constant(n, 0.5), Vector::LinSpaced(n, 1, 3)};
  const auto qp = make_quadratic_program(dispatch, n, n + 2, p);
  Vector theta(p);
  theta << Vector::LinSpaced(n, 2, 4) + 0.3 * normal.vector(n), 5.5, 4.0;

  const ProgramSolution found = solve_program(qp, theta);
  const Matrix by_kkt = kkt_jacobian(qp, found, theta);
  const Admm admm(qp);
  const Vector x0 = Vector::Zero(n);
  // The price of the cheapest station rises: what the others take over.
  const auto bill = [&](const auto& x, const auto& t) { return dot(head(t, n), x) + 0.25 * squared_norm(x); };
  const bool right = examples::check(
      [&](const Vector& t) {
        const Vector x = solve_program(qp, t, {.steps = 200000, .tolerance = 1e-12}).x;
        return bill(x, t);
      },
      [&](const Vector& t) {
        return hypergradient(bill, qp, admm, x0, t, {.steps = 3000}, Implicit{}).dtheta;
      },
      theta, arguments);

  Table table({"station", "size", "price", "runs at", "by its own price", "by demand 0", "by demand 1"});
  for (Index i = 0; i < n; ++i)
    table.add_row({fmt::format("{}", i), fmt::format("{:.2f}", dispatch.size[i]),
                   fmt::format("{:.2f}", theta[i]), fmt::format("{:.3f}", found.x[i]),
                   fmt::format("{:.3f}", by_kkt(i, i)), fmt::format("{:.3f}", by_kkt(i, n)),
                   fmt::format("{:.3f}", by_kkt(i, n + 1))});
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
