#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "unroll/ad/elementwise.hpp"

/// What every function of function_list.hpp is tested with, one row each; a function without a row fails.
namespace unroll::test {

/// A place where the derivative is a convention, or infinite.
struct Kink {
  double at, slope;
};

/// A function of one variable in all worlds, by its name.
struct CaseOfOne {
  ad::Function function;
  std::string name;
  double low, high;         // where it is compared with finite differences
  std::vector<double> far;  // where value and slope are compared with the exact ones, beside [low, high]
  std::function<long double(long double)> value, slope;
  std::vector<Kink> kinks;
  std::function<double(double)> number;
  std::function<Var(const Var&)> var;
  std::function<Dual(const Dual&)> dual;
  std::function<Vector(const Vector&)> vector;
  std::function<VarVector(const VarVector&)> var_vector;
  std::function<DualVector(const DualVector&)> dual_vector;
};
const std::vector<CaseOfOne>& cases_of_one();

/// A place where the partial derivatives are a convention, infinite, or none.
struct KinkOfTwo {
  double a, b, in_a, in_b;
};

/// A function of two variables; see CaseOfOne.
struct CaseOfTwo {
  ad::FunctionOfTwo function;
  std::string name;
  std::vector<std::pair<double, double>> far;
  std::function<long double(long double, long double)> value, in_a, in_b;
  std::vector<KinkOfTwo> kinks;
  std::function<double(double, double)> number;
  std::function<Var(const Var&, const Var&)> var;
  std::function<Dual(const Dual&, const Dual&)> dual;
};
const std::vector<CaseOfTwo>& cases_of_two();

}  // namespace unroll::test
