#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <string_view>

#include "workload.hpp"

/// unroll_bench [--workload W1,W5] [--csv FILE] [--repeats N]
/// Times primal, hand-written adjoint and the library in turn, in one process, and prints medians. Asserts
/// nothing about time; a result that does not agree with the hand-written adjoint to 1e-12 is an error. W9x, of
/// minutes, runs if it is named.
namespace unroll::bench {

Matrix normal_matrix(Index rows, Index cols, unsigned seed) {
  std::mt19937_64 bits(seed);
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(rows, cols, [&] { return normal(bits); });
}
Vector normal_vector(Index size, unsigned seed) { return normal_matrix(size, 1, seed); }

namespace {

struct Options {
  std::string workloads;
  std::string csv;
  int repeats = 0;  // 0: as many as fit in about two seconds
};

struct Row {
  double primal_ms, hand_ms, ours_ms;
  double bytes_per_step;
  double growth_mib;  // of the peak of resident memory
};

template <class F>
double milliseconds(const F& f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

double bytes_per_step(const Workload& w) {
  return w.tape_bytes ? static_cast<double>(w.tape_bytes()) / static_cast<double>(w.steps) : 0;
}

// Without a hand-written adjoint there is nothing to compare with, and the run may be long: once.
Row measure_once(const Workload& w) {
  const double before = peak_mib();
  volatile double keep = 0;
  const double primal = milliseconds([&] { keep = w.primal(); });
  const double ours = milliseconds([&] { keep = w.ours()(0, 0); });
  return {primal, std::nan(""), ours, bytes_per_step(w), peak_mib() - before};
}

Row measure(const Workload& w, int repeats) {
  if (!w.hand) return measure_once(w);
  const double before = peak_mib();
  volatile double keep = 0;
  const double first = milliseconds([&] {
    keep = w.primal();
    const Matrix hand = w.hand();
    const Matrix ours = w.ours();
    const double gap = (hand - ours).norm() / hand.norm();
    if (!(gap <= 1e-12))
      throw std::runtime_error(
          fmt::format("{}: differs from the hand-written adjoint by {:.1e}", w.name, gap));
  });
  constexpr double budget = 2000;
  const int rounds = repeats > 0 ? repeats : std::clamp(static_cast<int>(budget / first), 5, 101);
  std::vector<double> primal, hand, ours;
  for (int i = 0; i < rounds; ++i) {
    primal.push_back(milliseconds([&] { keep = w.primal(); }));
    hand.push_back(milliseconds([&] { keep = w.hand()(0, 0); }));
    ours.push_back(milliseconds([&] { keep = w.ours()(0, 0); }));
  }
  return {median(primal), median(hand), median(ours), bytes_per_step(w), peak_mib() - before};
}

bool selected(const Options& options, const Workload& w) {
  if (options.workloads.empty()) return w.by_default;
  return ("," + options.workloads + ",").find("," + w.name + ",") != std::string::npos;
}

void run(const Options& options) {
  std::ofstream csv;
  if (!options.csv.empty()) {
    csv.open(options.csv);
    if (!csv) throw std::runtime_error("cannot write " + options.csv);
    csv << "workload,primal_ms,hand_ms,unroll_ms,ratio_to_hand,ratio_to_primal,tape_bytes_per_step,peak_rss_"
           "mib,rss_growth_mib\n";
  }
  fmt::print("{:<5} {:<48} {:>10} {:>10} {:>10} {:>8} {:>9} {:>11} {:>9} {:>9}\n", "", "", "primal ms", "hand ms",
             "unroll ms", "/ hand", "/ primal", "bytes/step", "peak MiB", "+ MiB");
  for (const auto& family : {dense_workloads, logistic_workloads, jacobian_workloads, scalar_workloads,
                             elementwise_workloads, second_order_workloads, growth_workloads,
                             checkpoint_workloads}) {
    for (const Workload& w : family()) {
      if (!selected(options, w)) continue;
      const Row r = measure(w, options.repeats);
      fmt::print("{:<5} {:<48} {:>10.3f} {:>10.3f} {:>10.3f} {:>8.3f} {:>9.2f} {:>11.1f} {:>9.1f} {:>9.1f}\n", w.name,
                 w.what, r.primal_ms, r.hand_ms, r.ours_ms, r.ours_ms / r.hand_ms, r.ours_ms / r.primal_ms,
                 r.bytes_per_step, peak_mib(), r.growth_mib);
      std::fflush(stdout);
      if (csv.is_open())
        csv << fmt::format("{},{},{},{},{},{},{},{},{}\n", w.name, r.primal_ms, r.hand_ms, r.ours_ms,
                           r.ours_ms / r.hand_ms, r.ours_ms / r.primal_ms, r.bytes_per_step, peak_mib(), r.growth_mib);
    }
  }
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (i + 1 < argc && argument == "--workload")
      options.workloads = argv[++i];
    else if (i + 1 < argc && argument == "--csv")
      options.csv = argv[++i];
    else if (i + 1 < argc && argument == "--repeats")
      options.repeats = std::stoi(argv[++i]);
    else
      throw std::runtime_error("usage: unroll_bench [--workload W1,W5] [--csv FILE] [--repeats N]");
  }
  return options;
}

}  // namespace
}  // namespace unroll::bench

int main(int argc, char** argv) {
  try {
    unroll::bench::run(unroll::bench::parse(argc, argv));
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "unroll_bench: {}\n", e.what());
    return 2;
  }
}
