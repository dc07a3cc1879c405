#include "unroll/solver/run.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "unroll/error.hpp"

namespace unroll {
namespace {

void check_vector(std::string_view operation, const char* name, const Vector& v, Index size, const char* of) {
  if (v.size() != size) {
    throw ShapeError(
        fmt::format("{}: {} has {} entries, the problem has {} {}", operation, name, v.size(), size, of));
  }
  for (Index i = 0; i < size; ++i) {
    if (!std::isfinite(v[i])) {
      throw DomainError(fmt::format("{}: {}[{}] is {}, it must be finite", operation, name, i, v[i]));
    }
  }
}

}  // namespace

void check_point(const Problem& problem, const Vector& x, const Vector& theta, std::string_view operation) {
  check_vector(operation, "x", x, problem.dimension(), "variables");
  check_vector(operation, "theta", theta, problem.parameters(), "parameters");
  problem.check_domain(theta);
}

void check_options(const SolveOptions& options) {
  if (options.steps < 0)
    throw DomainError(fmt::format("solve: steps is {}, it must not be negative", options.steps));
  if (!(options.tolerance >= 0) || std::isinf(options.tolerance)) {
    throw DomainError(
        fmt::format("solve: tolerance is {}, it must be finite and not negative", options.tolerance));
  }
}

namespace detail {

void check_first(Index entries, Index n) {
  if (entries != n)
    throw ShapeError(fmt::format("solve: init made x of {} entries from x0 of {}", entries, n));
}

void check_member_shape(Index step, std::size_t member, Index rows, Index cols, Index rows_before,
                        Index cols_before) {
  if (rows == rows_before && cols == cols_before) return;
  throw ShapeError(fmt::format("solve: step {} made member {} of the state{} {}x{}, it was {}x{}", step,
                               member + 1, member == 0 ? " (x)" : "", rows, cols, rows_before, cols_before));
}

bool is_small_move(const double* x, const double* previous, Index n, double tolerance) {
  const Eigen::Map<const Vector> now(x, n), before(previous, n);
  const double moved = (now - before).stableNorm(), size = now.stableNorm();
  return std::isfinite(moved) && std::isfinite(size) && moved <= tolerance * std::max(1.0, size);
}

namespace {
constexpr int directions_looked_along = 3;
constexpr double rounding_of_gradients = 1e-6;
}  // namespace

bool solves_gradient_equation(const Oracle<Vector>& f, const Vector& x, const Vector& theta,
                              double tolerance) {
  const Vector g = f.gradient(x, theta);
  const double slope = g.stableNorm();
  if (slope == 0) return true;
  if (!std::isfinite(slope)) return false;
  const double reach = std::sqrt(tolerance) * std::max(1.0, x.stableNorm());
  const Vector first = g / slope, there = f.gradient(x - reach * first, theta);
  // A root's F need not turn: it changes by more on that way than it is.
  if (!f.problem().has_objective()) return (there - g).stableNorm() >= slope;
  // The steepest entries hide the others: so on along conjugate directions (Hestenes & Stiefel 1952).
  Vector from = x, left = g, direction = g, along = first, next = there;
  for (int looked = 1;; ++looked) {
    const double now = left.dot(along), then = next.dot(along);
    if (!(then <= 0)) return false;
    if (looked == directions_looked_along) return true;
    const double part = now / (now - then), before = left.stableNorm();
    from -= part * reach * along;
    left += part * (next - left);
    const double ratio = left.stableNorm() / before;
    if (!(left.stableNorm() > rounding_of_gradients * slope)) return true;
    direction = left + ratio * ratio * direction;
    along = direction.stableNormalized();
    next = f.gradient(from - reach * along, theta);
  }
}

}  // namespace detail
}  // namespace unroll
