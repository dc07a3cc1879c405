// Does a car run further on a gallon because it is light, or because it was built later? A logistic
// regression with a random effect for each model year, by Laplace's approximation, against the integral.
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

template <class V>
struct Effects {
  scalar_t<V> base, slope, log_deviation;
};
const Effects<Vector> effects{};

// −log p(y, u | θ), u ~ N(0, σ²) by year: of the sign s_i of y_i with log-odds η_i = β₀ + β₁ w_i + u_{g(i)}.
struct Joint {
  Vector signs, weights;
  std::vector<Index> years;
  Index groups;
  template <class V>
  scalar_t<V> operator()(const V& u, const V& theta) const {
    const Effects<V> e = unpack(theta, effects);
    const V odds = e.base + e.slope * weights + gather(u, years);
    return -sum(log_sigmoid(cwise_product(signs, odds))) +
           0.5 * exp(-2.0 * e.log_deviation) * squared_norm(u) +
           double(groups) * (e.log_deviation + 0.91893853320467274);
  }
};

// −log ∫ p(y, u | θ) du, year by year by the trapezoidal rule.
double integrated(const Joint& f, const Vector& theta) {
  const auto [base, slope, log_deviation] = unpack(theta, effects);
  const double h = 0.02;
  const Vector z = Vector::LinSpaced(801, -8, 8);
  Matrix logs =
      (-0.5 * z.array().square() - 0.91893853320467274 + std::log(h)).matrix().replicate(1, f.groups);
  for (Index i = 0; i < f.signs.size(); ++i) {
    const auto odds = base + slope * f.weights[i] + std::exp(log_deviation) * z.array();
    logs.col(f.years[std::size_t(i)]).array() -= (1 + (-f.signs[i] * odds).exp()).log();
  }
  return -sum(row_log_sum_exp(transpose(logs)));
}

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "random_effects");
  const Dataset cars = select_target(read_csv(UNROLL_DATA_DIR "/auto_mpg.csv"));
  const Vector weight = cars.values.col(3), year = cars.values.col(5);
  const Vector far = (cars.target.array() > 22.5).cast<double>();  // on a gallon
  Joint f{plus_minus_labels(far), centred(weight) / 1000, {}, 13};
  for (const double y : year) f.years.push_back(Index(y) - 70);
  const auto problem = make_problem(f, f.groups, packed_size(effects));
  const Vector none = Vector::Zero(f.groups), start = pack(effects);
  const auto approximate = [&](const Vector& theta) {
    return laplace(problem, Newton{}, none, theta, {.steps = 50, .tolerance = 1e-12});
  };
  const auto value = [&](const Vector& theta) { return approximate(theta).value; };
  const auto gradient = [&](const Vector& theta) { return approximate(theta).dtheta; };
  const bool right = examples::check(value, gradient, start, arguments);
  const Vector best = examples::descend(value, gradient, start, 2e-3, 400);

  Table table({"", "base", "per 1000 lb", "deviation of a year", "-log likelihood", "integrated"});
  const auto number = [](double of) { return fmt::format("{:.3f}", of); };
  for (const auto& [name, t] : {std::pair("start", start), std::pair("best", best)}) {
    const Effects<Vector> e = unpack(t, effects);
    table.add_row({name, number(e.base), number(e.slope), number(std::exp(e.log_deviation)), number(value(t)),
                   number(integrated(f, t))});
  }
  Figure figure = examples::figure("random_effects", "Years that differ", "deviation of a year",
                                   "-log likelihood above its best", 1e-3);
  std::vector<double> deviations;
  for (const double t : Vector::LinSpaced(60, 0, std::log(10))) deviations.push_back(std::exp(t));
  const auto at = [e = unpack(best, effects)](double deviation) {
    return pack(Effects<Vector>{e.base, e.slope, std::log(deviation)});
  };
  examples::add_curve(figure, "Laplace", deviations, [&](double s) { return value(at(s)) - value(best); });
  examples::add_curve(figure, "the integral", deviations,
                      [&](double s) { return integrated(f, at(s)) - integrated(f, best); });
  examples::show(table, figure, arguments);
  return right && gradient(best).norm() <= 1e-3 ? 0 : 1;
}
