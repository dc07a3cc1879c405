#include "unroll/solver/any_solver.hpp"

namespace unroll::detail {

template <class V>
AnyArrays<V>::AnyArrays() = default;
template <class V>
AnyArrays<V>::~AnyArrays() = default;
template <class V>
const std::vector<Part<V>>& AnyArrays<V>::parts() const {
  if (parts_.empty()) list();
  return parts_;
}
template <class V>
void AnyArrays<V>::add(const Part<V>& part) const {
  parts_.push_back(part);
}

template <class V>
Vector OutOfWorld<V>::operator()(const V& a) {
  return value_of(a);
}
template <class V>
Matrix OutOfWorld<V>::operator()(const matrix_t<V>& a) {
  return value_of(a);
}
template <class V>
double OutOfWorld<V>::operator()(const scalar_t<V>& a) {
  return value_of(a);
}

template class AnyArrays<Vector>;
template class AnyArrays<DualVector>;
template class AnyArrays<VarVector>;
template class OutOfWorld<Vector>;
template class OutOfWorld<DualVector>;
template class OutOfWorld<VarVector>;

}  // namespace unroll::detail
