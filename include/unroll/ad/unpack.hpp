#pragma once

#include "unroll/ad/aggregate.hpp"
#include "unroll/ad/structure.hpp"

/// Blocks of a vector by name: an aggregate of arrays and scalars, over the kind of array.
///
///   template <class V> struct Net { matrix_t<V> weights; V biases; scalar_t<V> slope; };
///   const Net<Vector> layout{Matrix(20, 5), Vector(20), 0.0};   // whose shapes say where each block lies
///   const Net<V> net = unpack(theta, layout);                   // views of theta
///   const Vector theta0 = pack(Net<Vector>{W0, b0, 0.1});
namespace unroll {

namespace ad {

template <class T>
Index packed_size(const T& member) {
  if constexpr (AnyArray<T>)
    return member.size();
  else
    return 1;
}
/// The entries of `theta` from `first` in the shape of `like`, past which `first` then points.
template <class T, class V>
auto taken(const V& theta, const T& like, Index& first) {
  const Index begin = std::exchange(first, first + packed_size(like));
  if constexpr (!AnyArray<T>)
    return theta[begin];
  else if constexpr (std::is_same_v<T, vector_t<T>>)
    return vector_t<V>(segment(theta, begin, like.size()));
  else
    return reshape(segment(theta, begin, like.size()), like.rows(), like.cols());
}
[[noreturn]] void throw_unpacked(Index size, Index wanted);

template <class T>
auto as_vector(const T& member) {
  if constexpr (AnyArray<T>)
    return flatten(member);
  else
    return assemble(std::span<const T>(&member, 1));
}

/// The entries of all members, one after another.
template <class... Members>
auto packed(const std::tuple<Members&...>& all) {
  using V = vector_t<decltype(as_vector(std::get<0>(all)))>;
  return std::apply(
      [](const auto&... member) {
        if constexpr (sizeof...(member) == 1)
          return V(as_vector(member...));
        else
          return V(concatenate(as_vector(member)...));
      },
      all);
}

}  // namespace ad

/// The numbers that `layout` holds [packed_size(layout): blocks → a number]: the size of its vector.
template <template <class> class Blocks, class W>
requires std::is_aggregate_v<Blocks<W>> Index packed_size(const Blocks<W>& layout) {
  return std::apply([](const auto&... member) { return (Index{0} + ... + ad::packed_size(member)); },
                    members(layout));
}
/// The blocks of θ [unpack(theta, layout): n → blocks], in order of declaration, each in the shape that it
/// has in `layout`; matrices column by column. @throws ShapeError unless theta has packed_size(layout)
/// entries.
template <template <class> class Blocks, ad::AnyArray V, class W>
requires std::is_aggregate_v<Blocks<W>> Blocks<ad::array_t<V>> unpack(const V& theta,
                                                                      const Blocks<W>& layout) {
  if (theta.size() != packed_size(layout)) ad::throw_unpacked(theta.size(), packed_size(layout));
  decltype(auto) array = ad::materialise(theta);
  Index first = 0;  // (braces are evaluated from left to right)
  return std::apply(
      [&](const auto&... like) { return Blocks<ad::array_t<V>>{ad::taken(array, like, first)...}; },
      members(layout));
}
/// The vector of all members, one after another [pack(blocks): blocks → n]: the reverse of unpack.
template <template <class> class Blocks, ad::AnyArray V>
requires std::is_aggregate_v<Blocks<V>> V pack(const Blocks<V>& blocks) {
  return ad::packed(members(blocks));
}

/// Blocks over plain arrays, which say by their shapes how a vector is unpacked.
template <class T>
concept BlockLayout = requires(const T& layout) {
  packed_size(layout);
  requires std::is_same_v<T, decltype(unpack(std::declval<const Vector&>(), layout))>;
};

}  // namespace unroll
