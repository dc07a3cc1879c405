#pragma once

#include <type_traits>
#include <utility>

#include "unroll/ad/aggregate.hpp"
#include "unroll/ad/elementwise.hpp"

/// Work that depends on θ alone, done once.
namespace unroll {

/// `prepare(theta)`, of a solver or of a problem's f, makes once a run what θ alone decides: a kernel matrix,
/// a factorisation's input. An array, a scalar, or an aggregate of these; it reaches every step, or every
/// value of f, as the last argument, and is differentiated once.
template <class S, class V>
concept HasPrepare = requires(const S& object, const V& theta) {
  object.prepare(theta);
};

/// Whether there is no `prepare`, or one that can be called: a member of that name that is not const, or not
/// for arrays V, is an oversight.
template <class S, class V>
concept PrepareFits = HasPrepare<S, V> || !(
    requires(S & object, const V& theta) { object.prepare(theta); } || requires { &S::prepare; } ||
    requires { &S::template prepare<V>; });

/// What an object without `prepare` has prepared.
struct NothingPrepared {};

/// object.prepare(theta) where the object has it, else NothingPrepared.
template <class S, class V>
auto prepare(const S& object, const V& theta) {
  if constexpr (!HasPrepare<S, V>) {
    return NothingPrepared{};
  } else if constexpr (ad::AnyArray<decltype(object.prepare(theta))>) {
    using A = decltype(object.prepare(theta));
    static_assert(
        !std::is_base_of_v<Eigen::EigenBase<A>, A> || std::is_same_v<A, ad::array_t<A>>,
        "prepare(theta) returns an expression, whose operands are gone when it is read: declare its "
        "type, `V prepare(const V& theta) const`");
    return ad::array_t<A>(object.prepare(theta));
  } else {
    return object.prepare(theta);
  }
}

/// The type of what an object prepares over arrays V.
template <class S, class V>
using PreparedOf = decltype(prepare(std::declval<const S&>(), std::declval<const V&>()));

}  // namespace unroll
