#pragma once

#include "unroll/derivative/method.hpp"

namespace unroll::detail {

/// What `certify` and its kin say of the end of a run, by the equation that its solver declares: the
/// gradient's, unless it is a fixed point's or there is no objective. Where nothing is declared,
/// Verdict::other_equation if the run has come to rest where the gradient's equation does not hold.
/// Certify::automatic spends at most a tenth of what `run` cost, and says what it left out. J, n×p, or J θ̇
/// along a `tangent`, p.
Certificate certify_pushed(Linearisation& run, const Matrix& pushed, const Vector* tangent, Certify certify);
/// The same of the last pullback of `run`, u = `pulled`: by its λ if it knows one, or if nothing is spared by
/// a solve for it; else of x_T alone. `seeds` are those it was pulled from.
Certificate certify_pulled(Linearisation& run, const Vector& pulled, const Seeds& seeds, Certify certify);

}  // namespace unroll::detail
