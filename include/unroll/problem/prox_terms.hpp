#pragma once

/// The terms ψ of a composite problem min_x f(x, θ) + ψ(x, θ), each by its proximal map
///   prox_{hψ}(v) = argmin_x ψ(x, θ) + ‖x − v‖²/(2h).
/// A term is a functor (v, step, theta) → x, a template over the array type V; a user's own is no different.
/// Its derivative is that of the piece of the map on which v lies: where x_t comes to rest on a piece (active
/// set, support), the unrolled Jacobian converges to that of the minimiser.
#include "unroll/problem/prox/affine_set.hpp"
#include "unroll/problem/prox/balls.hpp"
#include "unroll/problem/prox/box.hpp"
#include "unroll/problem/prox/elastic_net.hpp"
#include "unroll/problem/prox/group_lasso.hpp"
#include "unroll/problem/prox/l1.hpp"
#include "unroll/problem/prox/non_negative.hpp"
#include "unroll/problem/prox/nuclear_norm.hpp"
#include "unroll/problem/prox/second_order_cone.hpp"
#include "unroll/problem/prox/simplex.hpp"
#include "unroll/problem/prox/term.hpp"
#include "unroll/problem/prox/total_variation.hpp"
