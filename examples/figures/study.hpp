// A figure as data: what is computed, how it is drawn, and the sentence that says what it shows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "records.hpp"
#include "unroll/compare/jobs.hpp"
#include "unroll/compare/plot.hpp"
#include "unroll/compare/setup.hpp"

namespace figures {

struct Settings {
  bool small = false;  // fewer points and steps, for a test
  std::uint64_t seed = 1;
  std::filesystem::path data_directory = {};
  unroll::JobOptions jobs = {};

  /// One of two, by size.
  template <class T>
  T choose(T full, T in_small) const {
    return small ? in_small : full;
  }
};

/// Everything but `compute` follows from the records, which are read from the file.
struct Study {
  std::string name;                                                    // of its files
  void (*compute)(const Settings&, const std::filesystem::path& csv);  // writes the file
  unroll::Panels (*picture)(const Records&);
  std::string (*sentence)(const Records&);
};

Study step_size();    // a: the better optimiser is the worse differentiator
Study burn_in();      // b: its length and height, predicted, bounded and measured
Study methods();      // c: five methods, unrolled and corrected, and the instance-optimal curve
Study commutator();   // d: where the master identity fails
Study logistic();     // e: beyond quadratics
Study derivatives();  // f: unrolled, corrected, truncated, one step, implicit
Study sobolev();      // g: how much α and η matter
Study accuracy();     // h: what a named accuracy costs

std::vector<Study> all_studies();

/// The instance of ridge or logistic regression on a data set.
unroll::Instance data_instance(const Settings& settings, const std::string& data, const std::string& loss,
                               double theta, const std::string& start, double start_scale = 1);

}  // namespace figures
