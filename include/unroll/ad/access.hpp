#pragma once

#include <span>

#include "unroll/ad/eigen_traits.hpp"
#include "unroll/ad/elementwise.hpp"

/// Entries, segments, concatenation, assembly.
namespace unroll {

namespace ad {
/// On `erased` arrays.
/// @{
template <class E>
erased_result_t<E> segment_of(const E& x, Index first, Index count);
template <class A, class B>
erased_result_t<A, B> concatenation(const A& a, const B& b);
/// @}
}  // namespace ad

/// Entries first … first + count − 1 of a vector [segment(x, first, count): n → count]; its first `count`
/// [head(x, count): n → count]; its last `count` [tail(x, count): n → count].
/// @throws ShapeError if out of range.
/// @{
template <ad::AnyArray V>
ad::array_t<V> segment(const V& x, Index first, Index count) {
  return ad::array_t<V>(ad::segment_of(ad::erased(ad::materialise(x)), first, count));
}
template <ad::AnyArray V>
ad::array_t<V> head(const V& x, Index count) {
  return segment(x, 0, count);
}
template <ad::AnyArray V>
ad::array_t<V> tail(const V& x, Index count) {
  return segment(x, x.size() - count, count);
}
/// @}
/// (a, b, …), vectors one under another [concatenate(a, b, …): n_1, n_2, … → Σ n_i]. Plain ones may stand
/// among taped or dual ones.
/// @{
template <class A, class B>
requires ad::SameWorld<A, B>
auto concatenate(const A& a, const B& b) {
  return ad::common_array_t<A, B>(
      ad::concatenation(ad::erased(ad::materialise(a)), ad::erased(ad::materialise(b))));
}
template <class A, class B, class... More>
requires(sizeof...(More) > 0) auto concatenate(const A& a, const B& b, const More&... more) {
  return concatenate(concatenate(a, b), more...);
}
/// @}
/// The vector of the given scalars [assemble(entries): n scalars → n]. Of variables, one node. @throws
/// TapeError for variables of different recordings, ShapeError for duals of different numbers of tangents.
/// @{
VarVector assemble(std::span<const Var> entries);
DualVector assemble(std::span<const Dual> entries);
inline Vector assemble(std::span<const double> entries) {
  return Eigen::Map<const Vector>(entries.data(), static_cast<Index>(entries.size()));
}
/// @}

template <class D>
requires std::is_same_v<typename D::Scalar, Var> VarVector::VarVector(const Eigen::MatrixBase<D>& entries) {
  const Eigen::Matrix<Var, Eigen::Dynamic, 1> values = entries;
  *this = assemble(std::span<const Var>(values.data(), static_cast<std::size_t>(values.size())));
}
template <class D>
requires std::is_same_v<typename D::Scalar, Dual> DualVector::DualVector(
    const Eigen::MatrixBase<D>& entries) {
  const Eigen::Matrix<Dual, Eigen::Dynamic, 1> values = entries;
  *this = assemble(std::span<const Dual>(values.data(), static_cast<std::size_t>(values.size())));
}

}  // namespace unroll
