#include "unroll/compare/setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "compare/memory.hpp"
#include "unroll/compare/csv.hpp"
#include "unroll/compare/dataset.hpp"
#include "unroll/compare/normal.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/logistic.hpp"
#include "unroll/problem/ridge.hpp"

namespace unroll {
namespace fs = std::filesystem;
namespace {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

void check(const SetupOptions& options) {
  if (options.loss != "ridge" && options.loss != "logistic") {
    throw DomainError(fmt::format("loss is '{}'; it must be ridge or logistic", options.loss));
  }
  if (!(options.theta > 0) || !std::isfinite(options.theta)) {
    throw DomainError(fmt::format("theta is {}; it must be positive and finite", options.theta));
  }
  if (!std::isfinite(options.start_scale)) {
    throw DomainError(fmt::format("the scale of x0 is {}; it must be finite", options.start_scale));
  }
}

/// The file that `--data` means: a bundled data set, or else a file of that name.
fs::path data_file(const SetupOptions& options) {
  const bool plain_name = !options.data.empty() && options.data.find('/') == std::string::npos;
  const fs::path bundled = options.data_directory / (options.data + ".csv");
  if (plain_name && !options.data_directory.empty() && is_there(bundled)) return bundled;
  if (!options.data.empty() && is_there(options.data)) return options.data;
  throw DataError(fmt::format("no data: '{}' is no file; the data sets are {}, synthetic", options.data,
                              fmt::join(data_names(options.data_directory), ", ")));
}

CsvTable load(const SetupOptions& options) {
  if (options.data != "synthetic") return read_csv(data_file(options));
  return synthetic_table(options.seed,
                         options.loss == "logistic" ? SyntheticTarget::two_valued : SyntheticTarget::real);
}

/// x_0 before scaling, n.
Vector start_point(const std::string& kind, const SetupOptions& options, const Setup& setup) {
  const Index n = setup.columns;
  if (kind == "ones") return Vector::Ones(n);
  if (kind == "zero") return Vector::Zero(n);
  if (kind == "normal") return NormalGenerator(options.seed).vector(n);
  if (!is_there(kind))
    throw DataError(fmt::format("x0: '{}' is not ones, zero or normal, and no file", kind));
  const Vector x = read_numbers(kind);
  if (x.size() != n) {
    const std::string constant =
        setup.dropped.empty() ? "" : fmt::format(" ({} constant columns are dropped)", setup.dropped.size());
    throw DataError(
        fmt::format("{}: x0 has {} numbers, the problem {} variables{}", kind, x.size(), n, constant));
  }
  return x;
}

std::string start_words(const std::string& kind, const SetupOptions& options) {
  std::string words = kind == "normal" ? fmt::format("normal, seed {}", options.seed) : kind;
  if (options.start_scale != 1) words = fmt::format("{} × {}", options.start_scale, words);
  return words;
}

/// The Hessian, its factor, its eigenvectors and what they are computed in: four matrices n×n.
void check_size(Index m, Index n) {
  const double rows = static_cast<double>(m), columns = static_cast<double>(n);
  check_memory(
      fmt::format("data of {} rows and {} columns: the {}x{} Hessian and its eigenvectors", m, n, n, n),
      8 * columns * (rows + 4 * columns));
}

}  // namespace

std::string start_kind(const SetupOptions& options) {
  if (!options.start.empty()) return options.start;
  return options.data == "synthetic" ? "normal" : "ones";
}

std::vector<std::string> data_names(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".csv") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Setup set_up(const SetupOptions& options) {
  check(options);
  const auto [data, dropped] = standardise(select_target(load(options), options.target));
  Setup setup;
  setup.data = options.data == "synthetic" ? options.data : data_file(options).stem().string();
  setup.rows = data.values.rows();
  setup.columns = data.values.cols();
  setup.target = data.target_name;
  setup.loss = options.loss;
  setup.dropped = dropped;
  check_size(setup.rows, setup.columns);

  std::shared_ptr<const Problem> problem;
  if (options.loss == "ridge") {
    problem = std::make_shared<RidgeProblem>(data.values, centred(data.target));
  } else {
    problem = std::make_shared<LogisticProblem>(data.values, plus_minus_labels(data.target));
  }
  const std::string kind = start_kind(options);
  setup.start = start_words(kind, options);
  const Vector start = options.start_scale * start_point(kind, options, setup);
  setup.instance = make_instance(problem, Vector::Constant(1, options.theta), start);
  return setup;
}

}  // namespace unroll
