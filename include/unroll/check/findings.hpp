#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "unroll/types.hpp"

namespace unroll {

/// One comparison that a checker made.
struct Finding {
  std::string part;  // what was compared with what
  double error =
      0;  // relative to the larger of the two, at the worst entry; NaN if there was nothing to compare
  double tolerance = 0;    // what it may be
  std::string where = {};  // the worst entry; empty if there is only one
  std::string note = {};   // what was thrown instead, or why nothing was compared

  /// error ≤ tolerance; a NaN is no pass.
  bool passed() const { return error <= tolerance; }
};

/// What a checker found: a table with a line for every comparison, those that failed marked. True where all
/// passed, so that `CHECK(check_problem(f, x, theta));` of doctest is a test that shows the table when it
/// fails (Catch2 and GoogleTest likewise).
class Findings {
 public:
  const std::vector<Finding>& all() const { return all_; }
  /// Whether everything passed, and there was something.
  bool passed() const;
  explicit operator bool() const { return passed(); }
  /// The part that failed first, empty if none did.
  std::string first_failure() const;
  std::string str() const;

  void add(Finding finding) { all_.push_back(std::move(finding)); }
  /// Compares two arrays entry by entry, relative to their largest entry; `floor` is what is no entry's error
  /// but rounding. Sizes that differ, and NaN, fail.
  void compare(std::string part, const Matrix& got, const Matrix& expected, double tolerance,
               double floor = 0);
  /// Calls f, which adds findings; what it throws is a failure of `part`, and false.
  bool attempt(const std::string& part, const std::function<void()>& f);

 private:
  std::vector<Finding> all_;
};

std::ostream& operator<<(std::ostream& out, const Findings& findings);

}  // namespace unroll
