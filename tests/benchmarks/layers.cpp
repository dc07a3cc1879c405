#include <fmt/format.h>

#include <memory>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// Many parameters: a deep equilibrium layer, all of whose weights are θ, and meta-learning, whose θ is the
/// start.
namespace unroll::bench {

namespace {

/// z⁺ = tanh(W z + U u + b) from z = 0, θ = (W, U, b); what θ alone decides is prepared. Columns of z stand
/// for a batch.
struct Layer {
  Index n, inputs, batch;
  Matrix u;  // inputs×batch

  template <class V>
  struct Prepared {
    matrix_t<V> W, c;  // n×n, n×batch: U u + b
  };
  template <class V>
  Prepared<V> prepare(const V& theta) const {
    const matrix_t<V> U = reshape(segment(theta, n * n, n * inputs), n, inputs);
    const matrix_t<V> b = reshape(tail(theta, n), n, 1);
    return {reshape(segment(theta, 0, n * n), n, n), U * u + b * ones};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index, const Prepared<V>& made) const {
    const matrix_t<V> z = reshape(s.x, n, batch);
    return {flatten(tanh(matrix_t<V>(made.W * z + made.c)))};
  }
  Matrix ones = Matrix::Ones(1, batch);
};

struct Equilibrium {
  Layer layer;
  Index steps;
  Vector theta, w;
  NoObjective problem{layer.n * layer.batch, theta.size()};

  static Equilibrium make(Index n, Index inputs, Index batch, Index steps) {
    Vector theta = normal_vector(n * n + n * inputs + n, 5);
    theta.head(n * n) *= 0.4 / std::sqrt(static_cast<double>(n));
    theta.tail(n * inputs + n) *= 0.1;
    return {{n, inputs, batch, normal_matrix(inputs, batch, 6)}, steps, theta, normal_vector(n * batch, 7)};
  }

  std::vector<Matrix> forward() const {
    const Index n = layer.n;
    const Eigen::Map<const Matrix> W(theta.data(), n, n), U(theta.data() + n * n, n, layer.inputs);
    const Matrix c = (U * layer.u).colwise() + theta.tail(n);
    std::vector<Matrix> z{Matrix::Zero(n, layer.batch)};
    for (Index t = 0; t < steps; ++t) z.push_back((W * z.back() + c).array().tanh());
    return z;
  }
  double primal() const {
    const Index n = layer.n;
    const Eigen::Map<const Matrix> W(theta.data(), n, n), U(theta.data() + n * n, n, layer.inputs);
    const Matrix c = (U * layer.u).colwise() + theta.tail(n);
    Matrix z = Matrix::Zero(n, layer.batch);
    for (Index t = 0; t < steps; ++t) z = (W * z + c).array().tanh();
    return z.sum();
  }
  Matrix hand() const {
    const Index n = layer.n;
    const std::vector<Matrix> z = forward();
    const Eigen::Map<const Matrix> W(theta.data(), n, n);
    Matrix bar = w.reshaped(n, layer.batch), W_bar = Matrix::Zero(n, n), c_bar = Matrix::Zero(n, layer.batch);
    for (auto t = z.size() - 1; t > 0; --t) {
      const Matrix inner = bar.array() * (1 - z[t].array().square());
      W_bar += inner * z[t - 1].transpose();
      c_bar += inner;
      bar = W.transpose() * inner;
    }
    Vector theta_bar(theta.size());
    theta_bar << W_bar.reshaped(), Matrix(c_bar * layer.u.transpose()).reshaped(), c_bar.rowwise().sum();
    return theta_bar;
  }
  Matrix by(const Method& method) {
    const Vjp v =
        vjp(problem, layer, Vector(Vector::Zero(problem.dimension())), theta, w, {.steps = steps}, method);
    bytes = v.cost.tape_bytes;
    return v.dtheta;
  }
  /// The plain loop: a tape, the layer's steps, a sweep.
  Matrix by_loop() {
    Tape tape;
    const VarVector taped = tape.input(theta);
    const Oracle<VarVector> f(problem);
    const auto made = layer.prepare(taped);
    State<VarVector> state{tape.input(Vector(Vector::Zero(problem.dimension())))};
    for (Index t = 0; t < steps; ++t) state = layer.step(f, state, taped, t, made);
    bytes = tape.statistics().bytes();
    return tape.sweep(state.x, w).adjoint(taped);
  }
  std::size_t bytes = 0;
};

Workload row(const char* name, const std::string& what, const std::shared_ptr<Equilibrium>& e,
             const std::function<Matrix()>& ours) {
  Workload w{name, what, [e] { return e->primal(); }, [e] { return e->hand(); }, ours, e->steps};
  w.tape_bytes = [e] { return e->bytes; };
  return w;
}

/// A perceptron 1-20-20-1 of 481 weights, fitted to a sine of some phase in a few steps from x_0 = head(θ);
/// the last entries of θ are the logarithms of the step sizes.
struct Perceptron {
  Matrix in, out;  // 1×m each
  template <class V>
  auto operator()(const V& x, const V&) const {
    using M = matrix_t<V>;
    const M b1 = reshape(segment(x, 20, 20), 20, 1), b2 = reshape(segment(x, 440, 20), 20, 1),
            b3 = reshape(segment(x, 480, 1), 1, 1);
    const M h1 = tanh(M(M(reshape(segment(x, 0, 20), 20, 1)) * in + b1 * ones));
    const M h2 = tanh(M(M(reshape(segment(x, 40, 400), 20, 20)) * h1 + b2 * ones));
    const M miss = M(reshape(segment(x, 460, 20), 1, 20)) * h2 + b3 * ones - out;
    return squared_norm(flatten(miss)) * (0.5 / static_cast<double>(in.cols()));
  }
  Matrix ones = Matrix::Ones(1, in.cols());
};
struct LearnedDescent {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - scalar_t<V>(exp(theta[481])) * f.gradient(s.x, theta)};
  }
};

struct Tasks {
  static constexpr Index weights = 481, parameters = 484, steps = 5, count = 8, samples = 40;
  Vector theta = [] {
    Vector t(parameters);
    t << 0.3 * normal_vector(weights, 3), Vector::Constant(parameters - weights, std::log(0.05));
    return t;
  }();
  Perceptron task(Index i, unsigned seed) const {
    const Matrix in = normal_matrix(1, samples, seed);
    return {in, (in.array() + 0.7 * static_cast<double>(i)).sin()};
  }
  double primal() const {
    double sum = 0;
    for (Index i = 0; i < count; ++i) {
      const auto inner = make_problem(task(i, 1), weights, parameters);
      sum += task(i, 2)(
          solve(inner, LearnedDescent{}, Vector(theta.head(weights)), theta, {.steps = steps}).x(), theta);
    }
    return sum;
  }
  Matrix ours() const {
    Vector sum = Vector::Zero(parameters);
    const Start start([](const auto& t) { return head(t, weights); });
    for (Index i = 0; i < count; ++i) {
      const auto inner = make_problem(task(i, 1), weights, parameters);
      sum += hypergradient(task(i, 2), inner, LearnedDescent{}, start, theta, {.steps = steps}, Reverse{})
                 .dtheta;
    }
    return sum;
  }
};

}  // namespace

std::vector<Workload> layer_workloads() {
  const auto one = std::make_shared<Equilibrium>(Equilibrium::make(50, 49, 1, 60));
  const auto batch = std::make_shared<Equilibrium>(Equilibrium::make(50, 49, 32, 60));
  const auto tasks = std::make_shared<Tasks>();
  return {
      row("E1", "equilibrium n = 50, p = 5000, vjp by Reverse", one, [one] { return one->by(Reverse{}); }),
      row("E1i", "the same by Implicit, GMRES", one,
          [one] { return one->by(Implicit{.linear_solver = LinearSolver::gmres, .tolerance = 1e-13}); }),
      row("E2", "a batch of 32, n = 1600, vjp by Reverse", batch, [batch] { return batch->by(Reverse{}); }),
      row("E2l", "the same by a bare loop", batch, [batch] { return batch->by_loop(); }),
      Workload{"E3",
               "meta-learning, 481 weights, 5 steps, 8 tasks",
               [tasks] { return tasks->primal(); },
               {},
               [tasks] { return tasks->ours(); },
               Tasks::steps * Tasks::count}};
}

}  // namespace unroll::bench
