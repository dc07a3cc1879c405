#pragma once

#include "conjugate_residuals.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/seeds.hpp"

namespace unroll::detail {

/// ‖M(x, θ)‖_F, or an estimate of it.
struct MixedNorm {
  double value;
  bool is_exact;
};
/// By p products if those are at most `most`, else by `most` products with random signs.
MixedNorm mixed_norm(const Problem& problem, const Vector& x, const Vector& theta, Index most, Cost& cost);
/// As many, where p are too many.
inline constexpr Index few_probes = 8;

/// All of a pullback's certificate (see Certificate) that depends on x alone: for any λ there. Several
/// columns count as one, by Frobenius norms.
class AdjointBound {
 public:
  /// Where the problem knows no constants, min(n, 20) products. Refers to all but the last two.
  /// @throws DomainError about the options.
  AdjointBound(const Problem& problem, const Vector& x, const Vector& theta, const Vector& gradient,
               const MixedNorm& mixed, Cost& cost, const CertifyOptions& options = {});

  /// Of u = `pulled` (p×s), given λ (n×s) and (H λ, Mᵀ λ) = `product`. s products more where the drift is
  /// estimated.
  Certificate of(const Matrix& w, const Matrix& lambda, const SecondOrder& product,
                 const Matrix& pulled) const;
  /// From now on of a hypergradient: of `total`, and counting what F's gradients change on the way to x*,
  /// which is an estimate.
  void belongs_to(OuterPart outer);
  /// u + ∂_θF, of a hypergradient; else u.
  Matrix total(const Matrix& pulled) const;
  /// A nearer bound on ‖x − x*‖, by a point nearer to x* (see nearer_point). Where ℓ and the other constants
  /// are known.
  void refine(const Vector& gradient, Index products);
  /// x̂ of the refinement, if there was one.
  const Vector* nearer() const { return nearer_ ? &nearer_->x : nullptr; }
  /// `c`, of u by λ at x, or what x̂ makes of it if that is sharper: any point bounds u, by any λ̂ there. λ̂ is
  /// from conjugate residuals on H(x̂) λ̂ = `w`, begun at λ, for two products more than `products`. `w`, and
  /// `outer` of a hypergradient, are those at x̂.
  Certificate sharpened(Certificate c, const Matrix& w, const std::optional<OuterPart>& outer,
                        const Matrix& lambda, const Matrix& pulled, Index products) const;
  /// Without a λ: what is known of x.
  const Certificate& point() const { return point_; }
  /// The drift of λ. Only where ℓ is known.
  double drift(const Matrix& lambda, const SecondOrder& product) const;

 private:
  const Problem& problem_;
  const Vector& x_;
  const Vector& theta_;
  Cost& cost_;
  CertifyOptions options_;
  Certificate point_;
  double mixed_ = 0;  // ‖M‖_F
  double lipschitz_h_ = 0, lipschitz_m_ = 0;
  std::optional<double> self_concordance_{};
  std::optional<OuterPart> outer_{};
  std::optional<Nearer> nearer_{};
  Vector towards_{};  // where the drift is measured, if the constants are not known
};

/// Of a self-concordant f at a distance d, with τ = Rd: ‖H*^(−½)(H − H*)H^(−½)‖ is at most this,
/// exp(τ/2)(exp(τ) − 1), as exp(−τ) H ≤ H* ≤ exp(τ) H.
double relative_change(double tau);

}  // namespace unroll::detail
