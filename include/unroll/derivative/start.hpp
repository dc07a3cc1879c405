#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "unroll/ad/linear.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/problem/problem.hpp"
#include "unroll/types.hpp"

namespace unroll {

namespace detail {

/// x_0(θ) on every kind of array, its type forgotten.
class StartFunction {
 public:
  virtual ~StartFunction() = default;
  virtual Vector at(const Vector& theta) const = 0;
  virtual DualVector at(const DualVector& theta) const = 0;
  virtual VarVector at(const VarVector& theta) const = 0;
};

template <class F>
class StartTemplate final : public StartFunction {
 public:
  explicit StartTemplate(F f) : f_(std::move(f)) {}
  Vector at(const Vector& theta) const override { return f_(theta); }
  DualVector at(const DualVector& theta) const override { return f_(theta); }
  VarVector at(const VarVector& theta) const override { return f_(theta); }

 private:
  F f_;
};

}  // namespace detail

/// x_0 as a function of θ, written once for every kind of array: f(theta) gives a vector.
template <class F>
concept StartOnTheta =
    !std::is_base_of_v<Eigen::EigenBase<F>, F> && std::is_invocable_r_v<Vector, const F&, const Vector&> &&
    std::is_invocable_r_v<VarVector, const F&, const VarVector&>;

/// Where a run starts: x_0, and how it depends on θ.
struct Start {
  Vector x{};                                               // x_0, n, where it is no function
  Matrix dx{};                                              // ∂x_0(θ), n×p, or empty: zero
  std::shared_ptr<const detail::StartFunction> function{};  // x_0(θ), in place of both

  /// x_0, n, which does not depend on θ.
  Start(Vector x0) : x(std::move(x0)) {}  // NOLINT: implicit
  /// x_0, n, and ∂x_0(θ), n×p.
  Start(Vector x0, Matrix dx0) : x(std::move(x0)), dx(std::move(dx0)) {}
  /// x_0 from an expression, which does not depend on θ. @throws ShapeError unless it is a column.
  template <class D>
  Start(const Eigen::MatrixBase<D>& x0) : x(checked_column(x0, "start")) {}  // NOLINT: implicit
  /// x_0(θ) = f(θ), as in `Start([n](const auto& theta) { return head(theta, n); })`: no n×p matrix is made.
  template <StartOnTheta F>
  Start(F f)  // NOLINT: implicit
      : function(std::make_shared<const detail::StartTemplate<F>>(std::move(f))) {
    static_assert(std::is_same_v<std::invoke_result_t<const F&, const Vector&>, Vector>,
                  "Start: f(theta) returns an expression, whose operands are gone when it is read: write "
                  "`[]<class V>(const V& theta) -> V { return ...; }`");
  }

  /// Whether x_0 depends on θ.
  bool depends_on_theta() const { return function != nullptr || dx.size() > 0; }
  /// x_0 at θ, n. @throws ShapeError, naming the sizes, unless it has n entries and ∂x_0 is n×p, DomainError
  /// if either is not finite.
  Vector at(const Problem& problem, const Vector& theta) const;
  /// ∂x_0 Θ̇, n×k, for Θ̇ p×k.
  Matrix push(const Vector& theta, const Matrix& theta_dot) const;
  /// ∂x_0ᵀ W, p×k, for W n×k.
  Matrix pull(const Vector& theta, const Matrix& w) const;
  /// x_0 on the tape of θ, n; of a dense ∂x_0, which is taken as constant, x_0 + ∂x_0 (θ − θ's value).
  VarVector on(const VarVector& theta) const;
};

}  // namespace unroll
