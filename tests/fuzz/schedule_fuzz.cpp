#include <fmt/format.h>

#include <memory>
#include <utility>

#include "fuzz/fuzz.hpp"
#include "fuzz/graph_constants.hpp"
#include "unroll/ad/gradient.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/solver/solve.hpp"

// However a run is cut into blocks, kept states and steps that are taken again, its derivatives are those of
// the whole tape, to the last bit: every number of these runs and every adjoint is a small integer, so that
// no order of summation rounds. A truncated derivative is that of a run which forgets its state's
// derivatives.
namespace unroll::fuzz {
namespace {

/// A walk on integers whose steps depend on t: entries are permuted, or replaced by |x_{t−1}| + c, c = Bθ
/// made by the first step of what was prepared, 2θ, and carried on; every `pause` steps θ itself is added,
/// with a number whose sign alternates, and with `grows` a memory as well; with `by_gradients` some steps are
/// x ↦ −∇f(x) with f = ‖x − θ‖²/2.
struct Walk {
  Index n = 1, frozen_from = 1000, pause = 3, cut = -1;
  bool grows = false, by_gradients = false;
  std::size_t shape = 0;  // chooses permutations and masks

  template <class V>
  struct State {
    V x, previous, carried;          // n each
    std::vector<scalar_t<V>> level;  // one; none where the memory grows, whose places it would take
    std::vector<V> memory;           // n each
  };
  template <class V>
  V prepare(const V& theta) const {
    return V(2.0 * theta);
  }
  template <class V>
  State<V> init(const V& x0) const {
    return {
        x0, x0, V(Vector::Zero(n)), grows ? std::vector<scalar_t<V>>{} : std::vector<scalar_t<V>>{x0[0]}, {}};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& from, const V& theta, Index t, const V& prepared) const {
    if (t >= frozen_from) return from;
    State<V> s = from;
    const Instruction chosen{.number = (shape + 37 * static_cast<std::size_t>(t)) % 256};
    if (t == 0) s.carried = V(constant_matrix({.number = shape % 5}, n) * prepared);
    if (t == cut) forget(s);
    V x = where(mask(chosen, n), gather(s.x, indices(chosen, n)), V(abs(s.previous) + s.carried));
    if (t % pause == 0) x = V(x - theta);
    for (scalar_t<V>& level : s.level) {
      if (t % pause == 0) x = V(x + level);
      level = t % 5 == 4 ? scalar_t<V>(x[n - 1]) : scalar_t<V>(-1.0 * level);
    }
    if (by_gradients && t % 4 == 1) x = V(-1.0 * f.gradient(s.x, theta));
    if (grows && t % (3 * pause) == 1) {
      if (!s.memory.empty()) x = V(x + s.memory.back());
      s.memory.push_back(s.x);
    }
    return {x, s.x, s.carried, s.level, s.memory};
  }

 private:
  template <class V>
  static void forget(State<V>& s) {
    s.x = V(Vector(value_of(s.x)));
    s.previous = V(Vector(value_of(s.previous)));
    for (scalar_t<V>& level : s.level) level = value_of(level);
    for (V& m : s.memory) m = V(Vector(value_of(m)));
  }
};

/// What one method makes of a run.
struct Outcome {
  Vjp end, along;
  Derivative jacobian;
  History history;
};

class Examination {
 public:
  explicit Examination(Bytes& bytes) {
    walk_.n = static_cast<Index>(1 + bytes.next() % 4);
    walk_.grows = bytes.next() % 3 == 0;
    walk_.pause = static_cast<Index>(1 + bytes.next() % 5);
    walk_.shape = bytes.next();
    const auto steps = static_cast<Index>(1 + bytes.next() % 60);
    options_.steps = steps;
    if (bytes.next() % 3 == 0) {  // a run of unknown length
      options_.tolerance = 1e-9;
      walk_.frozen_from = static_cast<Index>(bytes.next()) % (steps + 4);
    }
    // (A run whose problem has an objective ends by its gradient.)
    walk_.by_gradients = options_.tolerance == 0 && bytes.next() % 2 == 0;
    const Index n = walk_.n;
    if (walk_.by_gradients) {
      const Matrix identity = Matrix::Identity(n, n), zero = Matrix::Zero(n, n);
      problem_ = std::make_unique<AffineQuadratic>(identity, std::vector(static_cast<std::size_t>(n), zero),
                                                   Vector::Zero(n), -identity);
    } else {
      problem_ = std::make_unique<NoObjective>(n, n);
    }
    const auto integers = [&] {
      Vector x(walk_.n);
      for (double& entry : x) entry = static_cast<double>(bytes.next() % 9) - 4;
      return x;
    };
    theta_ = integers();
    start_ = integers();
    w_ = integers();
    for (Index t = 0; t <= steps; t += static_cast<Index>(1 + bytes.next() % 8)) at_.push_back(t);
  }

  /// The same with and without budgets, of all steps and of the last few.
  void compare(Bytes& bytes) const {
    const Outcome whole = taken(walk_, {.certify = Certify::never}, true);
    const Index steps = whole.end.steps;
    for (int round = 0; round < 3; ++round) {
      const std::size_t share = bytes.next();
      Reverse method{.threads = static_cast<Index>(1 + bytes.next() % 3), .certify = Certify::never};
      if (round > 0 && options_.steps > 0)
        method.last_steps = static_cast<Index>(1 + bytes.next() % static_cast<std::size_t>(options_.steps));
      if (round < 2) method.memory_budget = budget(method, share, whole.end.cost.tape_bytes);
      const bool is_whole = method.last_steps.is_all() || method.last_steps.count() >= steps;
      Walk reference = walk_;
      if (!is_whole) reference.cut = steps - method.last_steps.count();
      if (reference.cut >= walk_.frozen_from)
        continue;  // these steps pass on everything as it is: nothing is cut
      try {
        const Outcome right = is_whole ? whole : taken(reference, {.certify = Certify::never}, false);
        const Outcome within = taken(walk_, method, method.last_steps.is_all());
        same(within, right, is_whole, describe(method, steps));
        within_budget(within, method, describe(method, steps));
      } catch (const UnsupportedError&) {
        // A memory that the last steps pass on as it is, and that the first did not make.
        require(walk_.grows && !is_whole, "refused: " + describe(method, steps));
      } catch (const DomainError& e) {
        require(is_of_a_later_step(e, method), e.what() + (": " + describe(method, steps)));
      }
    }
  }

  /// What else is summed along a sweep is the same in any number of threads, corrected within a budget too.
  void compare_other_ways(Bytes& bytes) const {
    const std::size_t way = bytes.next() % 3, share = bytes.next();
    Reverse method{.certify = Certify::never};
    if (way == 0) method.last_steps = automatic;
    method.corrected = way == 1;
    method.at_end = way == 2;
    try {
      const Outcome right = taken(walk_, method, false);
      method.threads = static_cast<Index>(2 + bytes.next() % 2);
      if (way == 1) method.memory_budget = budget(method, share, right.end.cost.tape_bytes);
      same(taken(walk_, method, false), right, true, describe(method, right.end.steps));
    } catch (const UnsupportedError&) {
      // A run whose end has no fixed point to be differentiated, or whose memory is of another length there.
    } catch (const NumericalError&) {  // steps that do not contract at x_T, whoever counts
      if (!method.at_end || method.threads > 1) throw;
    } catch (const DomainError& e) {
      require(is_of_a_later_step(e, method), e.what() + (": " + describe(method, options_.steps)));
    }
  }

 private:
  Outcome taken(const Walk& walk, const Reverse& method, bool with_history) const {
    const Problem& problem = *problem_;
    const auto along = [](Index t, const Vector& x) { return t % 5 == 2 ? x : Vector(); };
    Outcome outcome{vjp(problem, walk, start_, theta_, w_, options_, method),
                    {},
                    jacobian(problem, walk, start_, theta_, options_, method),
                    {}};
    if (with_history) {
      outcome.along = vjp(problem, walk, start_, theta_, Cotangent(along), options_, method);
      outcome.history = jacobian_history(problem, walk, start_, theta_, options_, method, at_);
    }
    return outcome;
  }

  /// Whether a step needs more of the least budget than those before: steps differ, and states may grow.
  static bool is_of_a_later_step(const DomainError& refused, const Reverse& method) {
    return method.memory_budget > 0 && std::string_view(refused.what()).find("at step") != std::string::npos;
  }
  /// Between the least that is not refused and what the whole tape needs.
  std::size_t budget(Reverse method, std::size_t share, std::size_t most) const {
    method.memory_budget = 1;
    std::size_t least = 1;
    try {
      jacobian(*problem_, walk_, start_, theta_, options_, method);
    } catch (const DomainError& refused) {
      const std::string text = refused.what();
      least = std::stoul(text.substr(text.rfind(' ') + 1));
    }
    return least + share * (std::max(most, least) - least) / 255;
  }

  // The first step that needs more than those measured is noticed late, where a block is a single one: see
  // Reverse.
  static void within_budget(const Outcome& outcome, const Reverse& method, const std::string& what) {
    if (method.memory_budget == 0) return;
    const std::size_t late = method.memory_budget / 8;
    for (const Cost& cost :
         {outcome.end.cost, outcome.along.cost, outcome.jacobian.cost, outcome.history.cost})
      require(cost.tape_bytes <= method.memory_budget + late,
              fmt::format("{} bytes are used: {}", cost.tape_bytes, what));
  }

  static void same(const Outcome& a, const Outcome& b, bool with_start, const std::string& what) {
    const auto equal = [&](const char* part, const auto& left, const auto& right) {
      require(left.rows() == right.rows() && left.cols() == right.cols() && left == right,
              fmt::format("{} differs: {}", part, what));
    };
    equal("x", a.end.x, b.end.x);
    require(a.end.steps == b.end.steps && a.end.status == b.end.status, "the end differs: " + what);
    equal("dtheta", a.end.dtheta, b.end.dtheta);
    equal("dx", a.jacobian.dx, b.jacobian.dx);
    require(b.jacobian.dx.size() == 0 || b.jacobian.dx.cwiseAbs().maxCoeff() < 0x1p50, "not exact: " + what);
    if (with_start)
      equal("dx0", a.end.dx0, b.end.dx0);
    else
      require(a.end.dx0.isZero(0), "dx0 is not zero: " + what);
    if (a.history.t.empty()) return;
    equal("dtheta of the losses along the run", a.along.dtheta, b.along.dtheta);
    require(a.history.t == b.history.t, "the history has other steps: " + what);
    for (std::size_t i = 0; i < a.history.t.size(); ++i) {
      equal("the history's x", a.history.x[i], b.history.x[i]);
      equal("the history's dx", a.history.dx[i], b.history.dx[i]);
    }
  }

  std::string describe(const Reverse& method, Index steps) const {
    return fmt::format(
        "n = {}, T = {} of {}, tolerance {}, frozen from {}, pause {}, grows {}, by gradients {}, shape {}; "
        "{} threads, "
        "budget {}, last steps {}, corrected {}, at end {}",
        walk_.n, steps, options_.steps, options_.tolerance, walk_.frozen_from, walk_.pause, walk_.grows,
        walk_.by_gradients, walk_.shape, method.threads, method.memory_budget,
        method.last_steps.is_all()         ? "all"
        : method.last_steps.is_automatic() ? "automatic"
                                           : std::to_string(method.last_steps.count()),
        method.corrected, method.at_end);
  }

  Walk walk_;
  std::unique_ptr<const Problem> problem_;
  SolveOptions options_;
  Vector theta_, start_, w_;
  std::vector<Index> at_;
};

}  // namespace

std::string draw(Engine& engine) {
  std::string bytes;
  for (int count = 96; count-- > 0;) bytes += static_cast<char>(engine());
  return bytes;
}

void examine(std::string_view input) {
  Bytes bytes(input);
  const Examination examination(bytes);
  examination.compare(bytes);
  examination.compare_other_ways(bytes);
}

}  // namespace unroll::fuzz
