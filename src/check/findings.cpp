#include "unroll/check/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <ostream>

namespace unroll {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string entry(const Matrix& a, Index i, Index j) {
  if (a.size() == 1) return "";
  return a.cols() == 1 ? fmt::format("[{}]", i) : fmt::format("[{}, {}]", i, j);
}

}  // namespace

bool Findings::passed() const {
  return !all_.empty() && std::all_of(all_.begin(), all_.end(), [](const Finding& f) { return f.passed(); });
}

std::string Findings::first_failure() const {
  const auto found = std::find_if(all_.begin(), all_.end(), [](const Finding& f) { return !f.passed(); });
  return found == all_.end() ? "" : found->part;
}

std::string Findings::str() const {
  std::size_t width = 0;
  for (const Finding& f : all_) width = std::max(width, f.part.size());
  std::string text =
      fmt::format("        {:<{}}  {:>8}  {:>8}  {}\n", "part", width, "error", "allowed", "where");
  for (const Finding& f : all_)
    text += fmt::format("{}  {:<{}}  {:>8.1e}  {:>8.1e}  {}{}\n", f.passed() ? "    ok" : "WRONG ", f.part,
                        width, f.error, f.tolerance, f.passed() ? "" : f.where, f.note);
  return text;
}

void Findings::compare(std::string part, const Matrix& got, const Matrix& expected, double tolerance,
                       double floor) {
  if (got.rows() != expected.rows() || got.cols() != expected.cols()) {
    add({std::move(part), nan, tolerance, "",
         fmt::format("{}x{} for {}x{}", got.rows(), got.cols(), expected.rows(), expected.cols())});
    return;
  }
  Finding worst{std::move(part), 0, tolerance};
  double scale = tolerance > 0 ? floor / tolerance : 0;
  for (const Matrix* a : {&got, &expected})
    if (a->size() > 0) scale = std::max(scale, a->cwiseAbs().maxCoeff<Eigen::PropagateNumbers>());
  for (Index j = 0; j < got.cols() && !std::isnan(worst.error); ++j)
    for (Index i = 0; i < got.rows(); ++i) {
      const double gap = std::abs(got(i, j) - expected(i, j));
      const double error = gap == 0 ? 0 : std::isinf(scale) ? nan : gap / scale;
      if (error <= worst.error) continue;
      worst.error = error;
      worst.where = fmt::format("{} {} for {}", entry(got, i, j), got(i, j), expected(i, j));
      if (std::isnan(error)) break;
    }
  add(std::move(worst));
}

bool Findings::attempt(const std::string& part, const std::function<void()>& f) {
  try {
    f();
    return true;
  } catch (const std::exception& e) {
    add({part, nan, 0, "", e.what()});
    return false;
  }
}

std::ostream& operator<<(std::ostream& out, const Findings& findings) { return out << findings.str(); }

}  // namespace unroll
