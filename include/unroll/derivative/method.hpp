#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "unroll/derivative/linearisation.hpp"

namespace unroll {

/// Whether a derivative gets a certificate.
enum class Certify {
  automatic,  // if that costs at most a tenth of what the derivative took, in gradients and products
  always,
  never,
};

/// A way to differentiate a run: an aggregate of options with
///   std::unique_ptr<Linearisation> linearise(detail::StepsPtr, const Wanted&) const
/// and `Certify certify`; `static constexpr bool follows_steps = true` where fewer steps make another
/// derivative at the same x_T. Each has a header and a source of its own, and a line in all_methods().
template <class M>
concept DerivativeMethod = requires(const M& method, detail::StepsPtr steps, const Wanted& wanted) {
  { method.linearise(std::move(steps), wanted) } -> std::same_as<std::unique_ptr<Linearisation>>;
  { method.certify } -> std::convertible_to<Certify>;
};

/// Any of them, its type forgotten.
class Method {
 public:
  /// A copy of `method`.
  template <DerivativeMethod M>
  Method(M method)  // NOLINT: implicit
      : certify_(method.certify),
        follows_steps_(requires { M::follows_steps; }),
        linearise_([method = std::move(method)](detail::StepsPtr steps, const Wanted& wanted) {
          return method.linearise(std::move(steps), wanted);
        }) {}

  /// The run as a linear map. @throws DomainError about the method's options.
  std::unique_ptr<Linearisation> linearise(detail::StepsPtr steps, const Wanted& wanted) const {
    return linearise_(std::move(steps), wanted);
  }
  /// Whether to certify.
  Certify certify() const { return certify_; }
  /// Whether the derivative is made of the steps that were taken, not of where they led.
  bool follows_steps() const { return follows_steps_; }

 private:
  Certify certify_;
  bool follows_steps_;
  std::function<std::unique_ptr<Linearisation>(detail::StepsPtr, const Wanted&)> linearise_;
};

}  // namespace unroll
