#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "unroll/types.hpp"

namespace unroll {

/// w, n, of the iterate x_t.
struct IterateCotangent {
  Index t;   // ≤ T
  Vector w;  // n
};

namespace detail {

/// The steps t that were asked for: all of them if none was named.
class Selection {
 public:
  /// @throws DomainError unless `at` ascends from 0 on.
  explicit Selection(std::vector<Index> at);
  bool operator()(Index t) const;
  /// How many of them are before t.
  Index before(Index t) const;

 private:
  std::vector<Index> at_;
};

/// Cotangents of one iterate: columns `column` … of all s.
struct SeedBlock {
  Index column = 0;
  Matrix w{};  // n×k, or empty: none
};

/// Where a cotangent is w = ∂_xF(x, θ) of an outer loss: what else its derivative consists of.
struct OuterPart {
  Vector theta{};              // ∂_θF, p, at x
  double lipschitz_x = 0;      // of ∂_xF in x; ∞: not known
  double lipschitz_theta = 0;  // of ∂_θF in x
};
using OuterPartAt = std::function<OuterPart(const Vector& x, const Vector& w)>;

/// What is pulled back from a run: s columns of cotangents, of x_T or of several iterates.
struct Seeds {
  std::function<Index(Index steps)> columns{};  // s, for a run of T = steps
  std::function<bool(Index t)> wants{};         // whether x_t may have any; null: x_T alone
  // Asked once for each t that is wanted, and for T; `is_end` says that t is T.
  std::function<SeedBlock(Index t, const Vector& x, bool is_end)> of{};
  OuterPartAt outer{};  // asked at the x that `of` was asked at last; null: there is none
  // After the run. @throws DomainError if it was too short.
  std::function<void(Index steps)> check_end = [](Index) {};

  bool wanted(Index t) const { return wants && wants(t); }
  /// W, n×k, of x_T.
  static Seeds of_end(Matrix w);
  /// The identity of every iterate that was selected: n columns each, in order.
  static Seeds of_all(Selection selected, Index n);
};

}  // namespace detail

/// What a `vjp` pulls back: a vector w ∈ R^n of x_T, or of several iterates.
class Cotangent {
 public:
  /// w of x_T, n. @throws ShapeError, when it is used, unless it is a column.
  template <class D>
  Cotangent(const Eigen::MatrixBase<D>& w) : fixed_(w) {}  // NOLINT: implicit
  /// w as a function of x_T: ∇_x of an outer loss, say. Called once; by Certified{} at every x that it tries,
  /// the last of which it returns.
  template <class F>
  requires(!std::is_base_of_v<Eigen::EigenBase<F>, F> &&
           std::is_invocable_r_v<Vector, const F&, const Vector&>) Cotangent(F at)  // NOLINT: implicit
      : at_(std::move(at)) {}
  /// w_t of x_t, for several t, each at most T: a loss along the run, Σ_t w_tᵀ x_t.
  Cotangent(std::vector<IterateCotangent> along) : list_(std::move(along)) {}  // NOLINT: implicit
  /// w_t as a function of t and x_t, called once for every t = 0 … T; an empty vector stands for zero.
  template <class F>
  requires(!std::is_base_of_v<Eigen::EigenBase<F>, F> &&
           std::is_invocable_r_v<Vector, const F&, Index, const Vector&>)
      Cotangent(F along)  // NOLINT: implicit
      : along_(std::move(along)) {}

  /// That of an outer loss.
  Cotangent& belongs_to(detail::OuterPartAt outer) {
    outer_ = std::move(outer);
    return *this;
  }

  /// For a run of `steps` steps at most, of a problem in R^n. @throws ShapeError, DomainError for what is
  /// known before.
  detail::Seeds seeds(Index n, Index steps) const;

 private:
  Matrix fixed_{};
  std::function<Vector(const Vector&)> at_{};
  std::function<Vector(Index, const Vector&)> along_{};
  std::optional<std::vector<IterateCotangent>> list_{};
  detail::OuterPartAt outer_{};
};

}  // namespace unroll
