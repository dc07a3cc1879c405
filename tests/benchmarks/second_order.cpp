#include <memory>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// `second_order` of a problem made from a template, logistic 569×30: 32 tangents at once against 32 single
/// ones (hand).
namespace unroll::bench {

namespace {

struct Objective {
  Matrix z;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return mean(softplus(z * x)) + 0.5 * theta[0] * squared_norm(x);
  }
};

}  // namespace

std::vector<Workload> second_order_workloads() {
  struct Data {
    TemplateProblem<Objective> problem = make_problem(Objective{normal_matrix(569, 30, 1)}, 30, 1);
    Vector x = 0.1 * normal_vector(30, 2);
    Vector theta = Vector::Constant(1, 0.01);
    Matrix x_dot = normal_matrix(30, 32, 3);
    Matrix theta_dot = normal_matrix(1, 32, 4);
  };
  const auto d = std::make_shared<Data>();
  constexpr int repeats = 50;
  return {{"H32", "second_order, 32 tangents at once / one by one",
           [d] {
             double sum = 0;
             for (int r = 0; r < repeats; ++r) sum += d->problem.gradient(d->x, d->theta)[0];
             return sum;
           },
           [d] {
             Matrix products(30, 32);
             for (int r = 0; r < repeats; ++r)
               for (Index j = 0; j < 32; ++j)
                 products.col(j) =
                     d->problem.second_order(d->x, d->theta, d->x_dot.col(j), d->theta_dot.col(j)).dx;
             return products;
           },
           [d] {
             Matrix products;
             for (int r = 0; r < repeats; ++r)
               products = d->problem.second_order(d->x, d->theta, d->x_dot, d->theta_dot).dx;
             return products;
           },
           repeats}};
}

}  // namespace unroll::bench
