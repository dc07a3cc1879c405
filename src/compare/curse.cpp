#include "unroll/compare/curse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

#include "compare/measurement.hpp"
#include "compare/memory.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/solver/sobolev_eta.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

/// A solver by name: says how its parameters are chosen, makes it for an instance and measures it.
struct KnownSolver {
  std::string name;
  std::function<void(const Instance&, const CurseOptions&, Measurement&)> measure;
};

template <class Make>
KnownSolver known(std::string name, std::string settings, Make make) {
  return {std::move(name), [make, settings = std::move(settings)](
                               const Instance& instance, const CurseOptions& options, Measurement& result) {
            result.summary().settings = settings;
            measure(make(instance, options), instance, options, result);
          }};
}

/// Thrown out of a solver's work where a stop is requested.
struct Stopped {};

/// ‖M(x_0) − M(x*)‖²/‖∂x* − ∂x_0‖² with ∂x_0 = 0.
double exact_eta(const Instance& i) {
  const Matrix noise = i.problem->mixed(i.start, i.theta) - i.problem->mixed(i.minimiser, i.theta);
  return noise.squaredNorm() / i.jacobian.squaredNorm();
}

/// The Sobolev method with the η that was asked for; where η came from goes into the summary.
Sobolev sobolev(const Instance& instance, const CurseOptions& options, SolverSummary& summary) {
  double eta = options.eta.value;
  std::string origin = "given";
  if (options.eta.kind == Eta::Kind::oracle) {
    eta = exact_eta(instance);
    origin = "exact from x* and ∂x*";
  } else if (options.eta.kind == Eta::Kind::automatic) {
    const EtaEstimate estimate =
        automatic_eta(*instance.problem, instance.start, instance.theta, instance.spectrum);
    eta = estimate.eta;
    summary.preparation = estimate.cost;
    origin = fmt::format("estimated in {} Hessian-vector products", estimate.cost.hessian_vector_products);
    if (!estimate.fallback.empty()) origin += ", L² because " + estimate.fallback;
  }
  summary.settings = fmt::format("α = {}, η = {:.4g}, {}", options.alpha, eta, origin);
  return {{.alpha = options.alpha,
           .eta = eta,
           .smallest_eigenvalue = instance.spectrum.smallest,
           .largest_eigenvalue = instance.spectrum.largest}};
}

/// Every solver of the experiment. A new one is one line here.
const std::vector<KnownSolver>& known_solvers() {
  using I = const Instance&;
  using O = const CurseOptions&;
  static const std::vector<KnownSolver> all = {
      known("gd-short", "h = 1/L", [](I i, O) { return GradientDescent::short_step(i.spectrum.largest); }),
      known("gd-large", "h = 2/(L+ℓ)",
            [](I i, O) { return GradientDescent::large_step(i.spectrum.smallest, i.spectrum.largest); }),
      known("heavy-ball", "Polyak's h and momentum for [ℓ, L]",
            [](I i, O) { return HeavyBall::optimal(i.spectrum.smallest, i.spectrum.largest); }),
      known("nesterov", "h = 1/L, momentum (√κ−1)/(√κ+1)",
            [](I i, O) { return Nesterov::optimal(i.spectrum.smallest, i.spectrum.largest); }),
      known("chebyshev", "on [ℓ, L]",
            [](I i, O) {
              return Chebyshev{i.spectrum.smallest, i.spectrum.largest};
            }),
      {"sobolev", [](I i, O o, Measurement& m) { measure(sobolev(i, o, m.summary()), i, o, m); }},
  };
  return all;
}

std::size_t place(std::string_view name) {
  const auto& all = known_solvers();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& solver) { return solver.name == name; });
  if (found == all.end()) {
    throw DomainError(
        fmt::format("no solver is named '{}'; the solvers are {}", name, fmt::join(solver_names(), ", ")));
  }
  return static_cast<std::size_t>(found - all.begin());
}

}  // namespace

Eta parse_eta(std::string_view text) {
  if (text == "auto") return {Eta::Kind::automatic};
  if (text == "oracle") return {Eta::Kind::oracle};
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value < 0) {
    throw DomainError(
        fmt::format("eta is '{}'; it must be auto, oracle or a number that is not negative", text));
  }
  return {Eta::Kind::given, value};
}

std::vector<std::string> solver_names() {
  std::vector<std::string> names;
  for (const KnownSolver& solver : known_solvers()) names.push_back(solver.name);
  return names;
}

void check(const CurseOptions& options) {
  for (auto name = options.solvers.begin(); name != options.solvers.end(); ++name) {
    place(*name);
    if (std::find(options.solvers.begin(), name, *name) != name) {
      throw DomainError(fmt::format("the solver '{}' is named twice", *name));
    }
  }
  if (options.steps < 1 || options.steps > most_steps) {
    throw DomainError(fmt::format("steps is {}; it must be from 1 to {}", options.steps, most_steps));
  }
  if (!(options.alpha > 0 && options.alpha <= SobolevMeasure::largest_alpha)) {
    throw DomainError(fmt::format("alpha is {}; it must be positive and at most {}", options.alpha,
                                  SobolevMeasure::largest_alpha));
  }
  if (!(options.eta.value >= 0) || !std::isfinite(options.eta.value)) {
    throw DomainError(fmt::format("eta is {}; it must be finite and not negative", options.eta.value));
  }
}

std::vector<Index> reverse_steps(Index steps) {
  constexpr Index every = 50;
  constexpr Index beyond = 64;
  std::vector<Index> at;
  for (Index t = 0; t <= std::min(every, steps); ++t) at.push_back(t);
  const std::vector<Index> later = log_spaced(every + 1, steps, beyond);
  at.insert(at.end(), later.begin(), later.end());
  return at;
}

CurseResult run_curse(const Instance& instance, const CurseOptions& options) {
  check(options);
  const double steps = static_cast<double>(options.steps), n = static_cast<double>(instance.start.size());
  check_memory(fmt::format("{} steps of {} variables: every x_t and its Jacobian", options.steps,
                           instance.start.size()),
               16 * steps * n * static_cast<double>(1 + instance.theta.size()));
  const Suboptimality suboptimality(*instance.problem, instance.theta, instance.minimiser, instance.start);
  const std::vector<std::string> names = options.solvers.empty() ? solver_names() : options.solvers;
  CurseResult result;
  CurseOptions of_each = options;
  of_each.progress = [&](CurseProgress progress) {  // of the solver at work
    if (options.stop.stop_requested()) throw Stopped{};
    const double finished = static_cast<double>(result.summaries.size());
    progress.fraction = (finished + progress.fraction) / static_cast<double>(names.size());
    if (options.progress) options.progress(progress);
  };
  for (const std::string& name : names) {
    const std::size_t index = place(name);
    Measurement measurement(instance, suboptimality, {.solver = name, .style = index});
    try {
      known_solvers()[index].measure(instance, of_each, measurement);
    } catch (const Stopped&) {
      result.missing.assign(names.begin() + std::ssize(result.summaries), names.end());
      break;
    }
    std::move(measurement.records().begin(), measurement.records().end(), std::back_inserter(result.records));
    result.summaries.push_back(std::move(measurement.summary()));
  }
  return result;
}

}  // namespace unroll
