#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "unroll/problem/linear_map.hpp"
#include "unroll/types.hpp"

namespace unroll {

/// The tangents of both gradients of f in k directions (Ẋ, Θ̇), MATH: H = ∂²f/∂x², M = ∂²f/∂x∂θ.
struct SecondOrder {
  Matrix dx;      // n×k: H Ẋ + M Θ̇
  Matrix dtheta;  // p×k: Mᵀ Ẋ + f_θθ Θ̇
  /// See ad::over_rays.
  friend bool average(SecondOrder& a, const SecondOrder& b) {
    a.dx = 0.5 * (a.dx + b.dx);
    a.dtheta = 0.5 * (a.dtheta + b.dtheta);
    return a.dx.allFinite() && a.dtheta.allFinite();
  }
};

/// What a problem knows of its second derivatives at one θ, for every x: what a bound on the error of a
/// derivative rests on (MATH: ℓ, Lip H, Lip M).
struct Curvature {
  double smallest_eigenvalue;               // ℓ: H(x, θ) − ℓI is positive semidefinite for every x
  std::optional<double> hessian_lipschitz;  // ‖H(x) − H(x')‖_2 ≤ hessian_lipschitz ‖x − x'‖, if known
  std::optional<double> mixed_lipschitz;  // ‖M(x) − M(x')‖_F ≤ mixed_lipschitz ‖x − x'‖, if known
  bool exact = false;                     // ℓ is the smallest eigenvalue of H itself, to rounding
  /// R of a self-concordant f: |d/ds vᵀH(x + su) v| ≤ R‖u‖ vᵀH(x) v, so that H(x') ≤ exp(R‖x' − x‖) H(x).
  std::optional<double> self_concordance{};
};

class GivenProblem;

/// Arrays in memory that is somebody else's.
/// @{
using VectorView = Eigen::Map<const Vector>;
using ColumnsView = Eigen::Map<const Matrix>;
using WritableVector = Eigen::Map<Vector>;
using WritableColumns = Eigen::Map<Matrix>;
/// @}

/// The inner problem min_x f(x, θ), x ∈ R^n, θ ∈ R^p, as an oracle: all that solvers and derivatives ever
/// ask. Obtained from a template by `make_problem`, or implemented by hand: derive, and override the five
/// pure functions. They are const and may be called from several threads at once. Sizes are checked by the
/// callers.
class Problem {
 public:
  virtual ~Problem() = default;

  virtual Index dimension() const = 0;   // n
  virtual Index parameters() const = 0;  // p
  /// f(x, θ).
  virtual double value(const Vector& x, const Vector& theta) const = 0;
  virtual Vector gradient(const Vector& x, const Vector& theta) const = 0;  // ∇_x f, n
  virtual SecondOrder second_order(const Vector& x, const Vector& theta,
                                   const Matrix& x_dot,                 // n×k
                                   const Matrix& theta_dot) const = 0;  // p×k
  /// Gradient and second order once more, written into given memory: by them a step asks. Nobody needs to
  /// override these; who does, as make_problem, spares a step its allocations. By default they are what the
  /// two functions above give. @throws ShapeError if those give other sizes than they promise.
  /// @{
  virtual void gradient_into(const VectorView& x, const VectorView& theta, WritableVector g) const;
  virtual void second_order_into(const VectorView& x, const VectorView& theta, const ColumnsView& x_dot,
                                 const ColumnsView& theta_dot,   // p×k; of no size: zero
                                 WritableColumns dx,             // n×k
                                 WritableColumns dtheta) const;  // p×k; of no size: not wanted
  /// @}
  /// ∇_θ f, p: needed only where the *value* is differentiated. @throws UnsupportedError unless overridden.
  virtual Vector parameter_gradient(const Vector& x, const Vector& theta) const;
  /// @throws DomainError where the problem is not defined. By default every finite θ is allowed.
  virtual void check_domain(const Vector& theta) const;

  /// Whether there is an objective. Where there is none, x is a root (see Root), or what a solver's own step
  /// says (see NoObjective).
  virtual bool has_objective() const { return true; }
  /// Whether there is an equation G(x, θ) = 0 to be solved: G = ∇_x f of an objective, which `gradient`
  /// gives, with a symmetric ∂_xG; or a root's F, which `gradient` gives, too.
  virtual bool has_equation() const { return has_objective(); }

  /// ∂_xG Ẋ + ∂_θG Θ̇, n×k. By default second_order's dx: H Ẋ + M Θ̇.
  virtual Matrix push_gradient(const Vector& x, const Vector& theta, const Matrix& x_dot,  // n×k
                               const Matrix& theta_dot) const;                             // p×k
  /// [G, ∂_xG Ẋ + ∂_θG Θ̇], n×(1 + k). By default of two calls; who has both by one evaluation overrides it.
  virtual Matrix gradient_and_push(const Vector& x, const Vector& theta, const Matrix& x_dot,
                                   const Matrix& theta_dot) const;
  /// (∂_xGᵀ W, ∂_θGᵀ W), n×k and p×k. By default second_order's of Ẋ = W, as H is symmetric: (H W, Mᵀ W).
  virtual SecondOrder pull_gradient(const Vector& x, const Vector& theta, const Matrix& w) const;  // n×k
  /// Of these the part in θ alone, p×k.
  virtual Matrix pull_to_parameters(const Vector& x, const Vector& theta, const Matrix& w) const;
  /// The tangents of (∂_xGᵀ w, ∂_θGᵀ w) in k directions (Ẋ, Θ̇): third derivatives of an objective, second
  /// ones of a root. @throws UnsupportedError unless overridden.
  virtual SecondOrder third_order(const Vector& x, const Vector& theta, const Vector& w,  // n
                                  const Matrix& x_dot,                                    // n×k
                                  const Matrix& theta_dot) const;                         // p×k

  /// The constants above, or nothing where ℓ is not known; certificates then estimate.
  virtual std::optional<Curvature> curvature(const Vector& theta) const;

  /// Where f is f(x, θ, π(θ)), with a π that θ alone decides: the problem once π is there. Null where it is
  /// not.
  virtual std::shared_ptr<const GivenProblem> given(const Vector& theta) const;

  /// Where ∂_xG, n×n, may differ from zero at any (x, θ), if that is known: matrices are then made and solved
  /// with as sparse ones. By default nothing is.
  virtual std::optional<SparsePattern> pattern() const { return std::nullopt; }

  /// H(x, θ), or ∂_xF of a root, n×n, by n directions at once. @throws ShapeError
  Matrix hessian(const Vector& x, const Vector& theta) const;
  /// M(x, θ) = ∂²f/∂x∂θ, or ∂_θF, n×p, by p directions at once. @throws ShapeError
  Matrix mixed(const Vector& x, const Vector& theta) const;

 protected:
  /// What gradient and second_order return where gradient_into and second_order_into are written.
  /// @{
  Vector written_gradient(const Vector& x, const Vector& theta) const;
  SecondOrder written_second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                                   const Matrix& theta_dot) const;
  /// @}
};

/// f(x, θ, π) at one θ, π = π(θ) having been prepared: as a problem in the p + q parameters (θ, π). A run
/// prepares once, takes its gradients here, and pulls the sum of their cotangents back through π once.
class GivenProblem : public Problem {
 public:
  /// (θ, π(θ)), p + q.
  virtual const Vector& point() const = 0;
  /// (Θ̇, ∂π Θ̇), (p + q)×k, for Θ̇ p×k.
  virtual Matrix push(const Matrix& theta_dot) const = 0;
  /// Its transpose: p×s, for W (p + q)×s.
  virtual Matrix pull(const Matrix& w) const = 0;
};

/// @throws ShapeError naming the operation unless x has n entries and theta p.
void check_sizes(const Problem& problem, Index x, Index theta, std::string_view operation);
/// What is called `name` as a vector. @throws ShapeError naming operation and sizes unless it is a column.
Vector checked_column(const Matrix& x, std::string_view operation, std::string_view name = "x0");
/// What the functions of a problem give, once it is known to have the sizes that they promise: whoever asks a
/// problem that somebody else wrote asks through these. @throws ShapeError naming function and sizes.
/// @{
Vector checked_gradient(const Problem& problem, const Vector& x, const Vector& theta);            // n
Vector checked_parameter_gradient(const Problem& problem, const Vector& x, const Vector& theta);  // p
SecondOrder checked_second_order(const Problem& problem, const Vector& x, const Vector& theta,
                                 const Matrix& x_dot,       // n×k
                                 const Matrix& theta_dot);  // p×k
Matrix checked_push(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& x_dot,
                    const Matrix& theta_dot);
Matrix checked_gradient_and_push(const Problem& problem, const Vector& x, const Vector& theta,
                                 const Matrix& x_dot, const Matrix& theta_dot);
SecondOrder checked_pull(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& w);
Matrix checked_pull_to_parameters(const Problem& problem, const Vector& x, const Vector& theta,
                                  const Matrix& w);
SecondOrder checked_third_order(const Problem& problem, const Vector& x, const Vector& theta, const Vector& w,
                                const Matrix& x_dot, const Matrix& theta_dot);
/// @}
/// @throws ShapeError naming the operation unless n ≥ 1 and p ≥ 0.
void check_dimensions(Index n, Index p, std::string_view operation);

}  // namespace unroll
