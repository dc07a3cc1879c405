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
/// nothing about time; a result that does not agree with the hand-written adjoint to 1e-12 is an error. W9x,
/// of minutes, runs if it is named.
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
  std::vector<double> peers_ms;
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

// Without a hand-written adjoint there is nothing to compare with: once where the run is long, else as
// others.
Row measure_alone(const Workload& w, int repeats) {
  const double before = peak_mib();
  volatile double keep = 0;
  std::vector<double> primal, ours;
  constexpr double budget = 2000;
  for (double spent = 0;
       ours.empty() || (spent < budget && static_cast<int>(ours.size()) < std::max(repeats, 21));
       spent += primal.back() + ours.back()) {
    primal.push_back(milliseconds([&] { keep = w.primal(); }));
    ours.push_back(milliseconds([&] { keep = w.ours()(0, 0); }));
  }
  return {median(primal), std::nan(""), median(ours), bytes_per_step(w), peak_mib() - before, {}};
}

Row measure(const Workload& w, int repeats) {
  if (!w.hand) return measure_alone(w, repeats);
  const double before = peak_mib();
  volatile double keep = 0;
  const auto check = [&](const Matrix& hand, const Matrix& gradient, std::string_view of) {
    const double gap = (hand - gradient).norm() / hand.norm();
    if (!(gap <= 1e-12))
      throw std::runtime_error(
          fmt::format("{}: {} differs from the hand-written adjoint by {:.1e}", w.name, of, gap));
  };
  const double first = milliseconds([&] {
    keep = w.primal();
    const Matrix hand = w.hand();
    check(hand, w.ours(), "unroll");
    for (const Peer& peer : w.peers) check(hand, peer.gradient(), peer.name);
  });
  constexpr double budget = 2000;
  const int rounds = repeats > 0 ? repeats : std::clamp(static_cast<int>(budget / first), 5, 101);
  std::vector<double> primal, hand, ours;
  std::vector<std::vector<double>> peers(w.peers.size());
  for (int i = 0; i < rounds; ++i) {
    primal.push_back(milliseconds([&] { keep = w.primal(); }));
    hand.push_back(milliseconds([&] { keep = w.hand()(0, 0); }));
    ours.push_back(milliseconds([&] { keep = w.ours()(0, 0); }));
    for (std::size_t p = 0; p < peers.size(); ++p)
      peers[p].push_back(milliseconds([&] { keep = w.peers[p].gradient()(0, 0); }));
  }
  Row row{median(primal), median(hand), median(ours), bytes_per_step(w), peak_mib() - before, {}};
  for (const auto& times : peers) row.peers_ms.push_back(median(times));
  return row;
}

bool selected(const Options& options, const Workload& w) {
  if (options.workloads.empty()) return w.by_default;
  return ("," + options.workloads + ",").find("," + w.name + ",") != std::string::npos;
}

/// The table on the terminal and the file of --csv, row by row. Peers have columns behind the library's own.
class Report {
 public:
  explicit Report(const std::string& path) {
    fmt::print("{:<5} {:<48} {:>10} {:>10} {:>10} {:>8} {:>9} {:>11} {:>9} {:>9}", "", "", "primal ms",
               "hand ms", "unroll ms", "/ hand", "/ primal", "bytes/step", "peak MiB", "+ MiB");
    for (const auto& name : peer_names()) fmt::print(" {:>13}", name + " / hand");
    fmt::print("\n");
    if (path.empty()) return;
    csv_.open(path);
    if (!csv_) throw std::runtime_error("cannot write " + path);
    csv_ << "workload,primal_ms,hand_ms,unroll_ms,ratio_to_hand,ratio_to_primal,tape_bytes_per_step,peak_rss_"
            "mib,rss_growth_mib";
    for (const auto& name : peer_names()) csv_ << "," << name << "_ms";
    csv_ << "\n";
  }
  void add(const Workload& w, const Row& r) {
    fmt::print("{:<5} {:<48} {:>10.3f} {:>10.3f} {:>10.3f} {:>8.3f} {:>9.2f} {:>11.1f} {:>9.1f} {:>9.1f}",
               w.name, w.what, r.primal_ms, r.hand_ms, r.ours_ms, r.ours_ms / r.hand_ms,
               r.ours_ms / r.primal_ms, r.bytes_per_step, peak_mib(), r.growth_mib);
    for (const double ms : r.peers_ms) fmt::print(" {:>13.2f}", ms / r.hand_ms);
    fmt::print("\n");
    std::fflush(stdout);
    if (!csv_.is_open()) return;
    csv_ << fmt::format("{},{},{},{},{},{},{},{},{}", w.name, r.primal_ms, r.hand_ms, r.ours_ms,
                        r.ours_ms / r.hand_ms, r.ours_ms / r.primal_ms, r.bytes_per_step, peak_mib(),
                        r.growth_mib);
    for (std::size_t p = 0; p < peer_names().size(); ++p)
      csv_ << (p < r.peers_ms.size() ? fmt::format(",{}", r.peers_ms[p]) : ",");
    csv_ << "\n";
  }

 private:
  std::ofstream csv_;
};

/// The exponent of y ≈ c·x^e, by least squares of the logarithms.
double fitted_exponent(const std::vector<double>& x, const std::vector<double>& y) {
  const Eigen::Map<const Eigen::ArrayXd> xs(x.data(), static_cast<Index>(x.size())),
      ys(y.data(), static_cast<Index>(y.size()));
  const Eigen::ArrayXd log_x = xs.log() - xs.log().mean(), log_y = ys.log() - ys.log().mean();
  return (log_x * log_y).sum() / log_x.square().sum();
}

void run(const Options& options) {
  Report report(options.csv);
  // Those with a budget of memory first, as the peak of a process never falls.
  for (const auto& family :
       {checkpoint_workloads, dense_workloads, logistic_workloads, jacobian_workloads, scalar_workloads,
        elementwise_workloads, second_order_workloads, sobolev_workloads, layer_workloads, program_workloads,
        two_style_workloads, small_workloads}) {
    for (const Workload& w : family())
      if (selected(options, w)) report.add(w, measure(w, options.repeats));
  }
  for (const Growth& growth : growth_workloads()) {
    std::vector<double> times;
    for (const Workload& w : growth.workloads) {
      if (!selected(options, w)) continue;
      const Row row = measure(w, options.repeats);
      report.add(w, row);
      times.push_back(row.ours_ms);
    }
    if (!times.empty())
      fmt::print("      time grows as ({})^{:.3f}\n", growth.of, fitted_exponent(growth.sizes, times));
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
