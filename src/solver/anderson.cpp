#include "unroll/solver/anderson.hpp"

#include <algorithm>

namespace unroll::detail {

template <class V>
void push_differences(AndersonWindow<V>& w, const V& residual, const V& image, Index memory) {
  const V difference = residual - w.residual;
  if (!(value_of(difference).norm() > 1e-12 * std::max(1.0, value_of(w.x).norm()))) return;
  w.residuals.push_back(difference);
  w.images.push_back(image - w.image);
  if (static_cast<Index>(w.residuals.size()) > memory) {
    w.residuals.erase(w.residuals.begin());
    w.images.erase(w.images.begin());
  }
}

template <class V>
V mixed_image(const AndersonWindow<V>& w) {
  std::vector<V> orthogonal, images;  // Δr by Gram–Schmidt, and the same combinations of ΔΦ
  std::vector<scalar_t<V>> squares;
  V residual = w.residual, image = w.image;
  for (std::size_t i = w.residuals.size(); i-- > 0;) {
    V q = w.residuals[i], p = w.images[i];
    for (std::size_t j = 0; j < orthogonal.size(); ++j) {
      const scalar_t<V> part = dot(orthogonal[j], q) / squares[j];
      q = V(q - part * orthogonal[j]);
      p = V(p - part * images[j]);
    }
    if (!(value_of(q).norm() > 1e-8 * value_of(w.residuals[i]).norm())) continue;
    const scalar_t<V> square = squared_norm(q);
    const scalar_t<V> gamma = dot(q, residual) / square;
    residual = V(residual - gamma * q);
    image = V(image - gamma * p);
    orthogonal.push_back(q);
    images.push_back(p);
    squares.push_back(square);
  }
  return image;
}

template void push_differences(AndersonWindow<Vector>&, const Vector&, const Vector&, Index);
template void push_differences(AndersonWindow<DualVector>&, const DualVector&, const DualVector&, Index);
template void push_differences(AndersonWindow<VarVector>&, const VarVector&, const VarVector&, Index);
template Vector mixed_image(const AndersonWindow<Vector>&);
template DualVector mixed_image(const AndersonWindow<DualVector>&);
template VarVector mixed_image(const AndersonWindow<VarVector>&);

}  // namespace unroll::detail
