// Learning to learn (Finn, Abbeel & Levine 2017): the weights from which a perceptron, 1-20-20-1, learns a
// sine of any phase in five steps of gradient descent, and their length, by gradient descent through them.
#include <unroll/unroll.hpp>

#include "gallery.hpp"
#include "perceptron.hpp"

using namespace unroll;

template <class V>
struct Prior {  // what is learnt beforehand
  V start;      // weights
  scalar_t<V> log_step;
};
const examples::Perceptron<Vector> weights{Vector(20), Vector(20), Vector(20), Vector(20), Matrix(20, 20), 0};
const Prior<Vector> prior{Vector(packed_size(weights)), 0};

// Samples of one curve, and the mean square by which a perceptron misses them.
struct Task {
  Vector in, out;
  template <class V>
  scalar_t<V> operator()(const examples::Perceptron<V>& p, const Prior<V>&) const {
    const matrix_t<V> first = tanh(outer(p.w1, in) + repeat_columns(p.b1, in.size()));
    const matrix_t<V> second = tanh(p.W2 * first + repeat_columns(p.b2, in.size()));
    return 0.5 * mean(square(transpose(second) * p.w3 + p.b3 - out));
  }
};
struct LearnedDescent {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - exp(unpack(theta, prior).log_step) * f.gradient(s.x, theta)};
  }
};

Vector plain(const Task& task, const Vector& theta, Index steps) {  // x_T by Eigen alone
  auto [x, log_step] = unpack(theta, prior);
  for (Index t = 0; t < steps; ++t)
    x -= std::exp(log_step) * pack(examples::slope_by_hand(unpack(x, weights), task.in, task.out));
  return x;
}

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "meta_learning");
  NormalGenerator normal(1);
  const auto of_vectors = [](const Task& task) { return OnBlocks{task, weights, prior}; };
  const auto sine = [&](double phase) {  // samples to learn from, and others
    const Vector in = normal.vector(40), more = normal.vector(40);
    return std::pair(of_vectors({in, sin(2.0 * in + phase)}), of_vectors({more, sin(2.0 * more + phase)}));
  };
  std::vector<decltype(sine(0))> tasks;
  for (const double phase : Vector::LinSpaced(8, 0, 5.6)) tasks.push_back(sine(phase));
  const auto inner = [](const auto& task) { return make_problem(task.f, weights, prior); };
  const auto loss = [&](const Vector& theta) {
    double sum = 0;
    for (const auto& [seen, unseen] : tasks) sum += unseen(plain(seen.f, theta, 5), theta);
    return sum;
  };
  const Start start([](const auto& theta) { return unpack(theta, prior).start; });
  const auto gradient = [&](const Vector& theta) {
    Vector sum = Vector::Zero(theta.size());
    for (const auto& [seen, unseen] : tasks)
      sum += hypergradient(unseen, inner(seen), LearnedDescent{}, start, theta, {.steps = 5}).dtheta;
    return sum;
  };
  const Vector random = pack(Prior<Vector>{0.5 * normal.vector(packed_size(weights)), std::log(0.1)});
  const bool right = examples::check(loss, gradient, random, arguments);
  const Vector learnt = examples::descend(loss, gradient, random, 0.004, 200);
  const auto fresh = sine(0.4);
  Table table({"start", "loss of a new sine", "after 5 steps"});
  Figure figure = examples::figure("meta_learning", "A new sine", "steps + 1", "loss", 0.01);
  const auto test = [&](const Vector& x) { return fresh.second(x, random); };
  for (const Vector& theta : {random, learnt}) {
    const Vector x0 = unpack(theta, prior).start;
    const Trajectory run = solve(inner(fresh.first), LearnedDescent{}, x0, theta, {.steps = 100});
    const Curve& c = examples::add_curve(figure, theta == random ? "random" : "learnt", run, test);
    table.add_row({c.label, fmt::format("{:.4f}", c.y[0]), fmt::format("{:.4f}", c.y[5])});
  }
  examples::show(table, figure, arguments);
  return right && figure.curves[1].y[5] < 0.5 * figure.curves[0].y[5] ? 0 : 1;
}
