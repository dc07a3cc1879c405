#pragma once

#include <cmath>
#include <limits>

namespace unroll::test {

/// The largest of many numbers, for a CHECK after the loop. `std::max(worst, x)` passes over a NaN, and so
/// may Eigen's maxCoeff: a test on either passes where what it tests is NaN, or where its loop never ran.
/// Here a NaN stays, and what was fed nothing is NaN, which no bound holds for.
class Worst {
 public:
  void add(double x) {
    if (!fed_ || std::isnan(x) || x > value_) value_ = x;
    fed_ = true;
  }
  /// Every entry of an array.
  template <class Array>
  requires requires(const Array& array) { array.coeff(0, 0); }
  void add(const Array& array) {
    for (auto j = array.cols(); j-- > 0;)
      for (auto i = array.rows(); i-- > 0;) add(static_cast<double>(array.coeff(i, j)));
  }

  operator double() const { return value_; }

 private:
  double value_ = std::numeric_limits<double>::quiet_NaN();
  bool fed_ = false;
};

/// The largest entry of an array or an array expression, NaN where one is NaN or there is none.
template <class Array>
double largest(const Array& array) {
  Worst worst;
  worst.add(array.eval());
  return worst;
}

}  // namespace unroll::test
