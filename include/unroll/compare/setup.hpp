#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "unroll/compare/instance.hpp"
#include "unroll/types.hpp"

namespace unroll {

/// Which problem to build, in the words of a command line.
struct SetupOptions {
  std::string data = "breast_cancer_diagnostic";  // a name in data_directory, a CSV file, or `synthetic`
  std::string target = {};                        // a column; empty: the last
  std::string loss = "ridge";                     // or `logistic`
  double theta = 0.01;                            // > 0
  std::string start = {};  // ones, zero, normal or a file; empty: ones, for synthetic data normal
  double start_scale = 1;  // x_0 is this times `start`; finite
  std::uint64_t seed = 1;  // of synthetic data and of a normal start
  std::filesystem::path data_directory = {};  // of the bundled data sets
};

/// The instance and the words for it.
struct Setup {
  Instance instance;                 // one θ
  std::string data;                  // name of the data set
  Index rows = 0;                    // m
  Index columns = 0;                 // n
  std::string target;                // name of the column
  std::string loss;                  // `ridge` or `logistic`
  std::string start;                 // how x_0 was made
  std::vector<std::string> dropped;  // names of the constant columns
};

/// Loads the data, standardises the columns (mean 0, variance 1, constant ones dropped; no intercept) and
/// builds the problem: ridge, target centred: f = ‖Ax − y‖²/(2m) + θ‖x‖²/2; logistic, target ±1: f = Σ log(1
/// + exp(−y_i a_iᵀx))/m + θ‖x‖²/2.
/// @throws DataError about a file or a column, DomainError about an option, NumericalError as make_instance.
Setup set_up(const SetupOptions& options);

/// What makes x_0: the option, or what an empty one stands for.
std::string start_kind(const SetupOptions& options);

/// Names of the data sets in a directory, sorted: its CSV files without the ending.
std::vector<std::string> data_names(const std::filesystem::path& directory);

}  // namespace unroll
