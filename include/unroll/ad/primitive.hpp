#pragma once

#include <functional>
#include <utility>

#include "unroll/ad/user_rule.hpp"

/// A user's own primitive. It is one struct with three static functions on plain arrays (`double`, `Vector`,
/// `Matrix`):
///
///   static Y value(X... x);                    // y
///   static Y pushforward(X... x, X... x_dot);  // ẏ  (forward mode, and tangents on a tape)
///   static X pullback(X... x, Y y_bar);        // x̄, a pair or tuple if there are several operands
///
/// and is used as `apply<Mine>(x...)` on plain, dual or taped operands. Without a pushforward ẏ is made of
/// pullbacks, ẏ_i = ⟨pullback(x, e_i), ẋ⟩: one for every entry of y. It works inside second and third
/// derivatives if `pullback` is a template that accepts `DualVector`s too; otherwise those throw
/// UnsupportedError. Third derivatives take one such pullback for every entry of y, or, if `pushforward` is a
/// template, too, one pushforward for every direction.
namespace unroll {

namespace ad {

template <class Mine, class... T>
concept PrimitiveOn = requires(const plain_t<T>&... x) {
  Mine::value(x...);
  Mine::pullback(x..., Mine::value(x...));
};

template <class Mine, class... T>
concept ReturnsArray = requires(const plain_t<T>&... x) {
  requires std::is_same_v<decltype(Mine::value(x...)), double> ||
      std::is_same_v<decltype(Mine::value(x...)), Vector> ||
      std::is_same_v<decltype(Mine::value(x...)), Matrix>;
};

// How many adjoints a pullback returns.
template <class R>
consteval std::size_t parts_of() {
  if constexpr (requires { std::tuple_size<R>::value; }) return std::tuple_size_v<R>;
  return 1;
}
template <class Mine, class... T>
concept ReturnsAdjoints = requires(const plain_t<T>&... x) {
  requires parts_of<decltype(Mine::pullback(x..., Mine::value(x...)))>()
  == sizeof...(T);
};

template <class T>
decltype(auto) operand(const T& x) {
  if constexpr (AnyArray<T>)
    return materialise(x);
  else if constexpr (ScalarExpression<T>)
    return Var(x);
  else if constexpr (std::is_arithmetic_v<T>)
    return static_cast<double>(x);
  else
    return (x);
}

}  // namespace ad

/// Mine's value at x... [apply<Mine>(x, …): any → any; 1, or 3 where Mine::pullback takes duals], recorded
/// with Mine's pullback (taped operands) or pushed forward (dual operands).
template <class Mine, class... T>
auto apply(const T&... x) {
  constexpr bool is_primitive = ad::PrimitiveOn<Mine, T...>, returns_array = ad::ReturnsArray<Mine, T...>,
                 returns_adjoints = !is_primitive || !returns_array || ad::ReturnsAdjoints<Mine, T...>;
  static_assert(is_primitive,
                "apply<Mine>: Mine needs static value(x...) and pullback(x..., y_bar) on plain arrays");
  static_assert(
      !is_primitive || returns_array,
      "apply<Mine>: Mine::value must return double, Vector or Matrix, not an Eigen expression: write "
      "`static Vector value(...)`, not `static auto value(...)`");
  static_assert(returns_adjoints,
                "apply<Mine>: Mine::pullback must return one adjoint for every operand: of several a "
                "std::pair or std::tuple");
  if constexpr (is_primitive && returns_array && returns_adjoints) {  // (else it has been said)
    return [](const auto&... in) {
      const auto value = Mine::value(ad::column_as<ad::plain_t<T>>(ad::block_of(in), 0, ad::shape_of(in))...);
      using Y = std::remove_cvref_t<decltype(value)>;
      const ad::Shape shape = ad::shape_of(value);
      const ad::UserRule<Mine, Y, ad::plain_t<T>...> rule{&value, {ad::shape_of(in)...}, shape};
      if constexpr (std::is_same_v<Y, double>) {
        return ad::evaluate_scalar(rule, in...);
      } else {
        using World = ad::erased_result_t<std::remove_cvref_t<decltype(in)>...>;
        return ad::evaluate_array<ad::common_world_t<Y, World>>(rule, shape, in...);
      }
    }(ad::operand(x)...);
  }
}

}  // namespace unroll
