#pragma once

#include <array>

#include "fuzz/graph_constants.hpp"
#include "fuzz/hyper.hpp"
#include "support/function_cases.hpp"

/// A graph evaluated entry by entry in long double, with two directions and their second derivative. Matrices
/// are solved with by elimination.
namespace unroll::fuzz {

class ReferenceGraph {
 public:
  ReferenceGraph(const Vector& x, const Vector& u, const Vector& w);

  /// False, and nothing changed, where the operation has no meaning, the result would be too large, or the
  /// derivative none: near a kink.
  bool run(const Instruction& step);
  Hyper result() const;
  /// The greatest magnitude met so far, of values and derivatives.
  long double largest() const { return largest_; }

 private:
  /// Copies, as an operand may be the result's register.
  struct Operands {
    const HyperArray a, b, m_a, m_b;
    const Hyper s_a, s_b;
  };
  void evaluate(const Instruction& step);
  // Each false if the operation is not of its kind; see reference_*.cpp.
  bool entrywise(const Instruction& step, const Operands& o);
  bool shapes(const Instruction& step, const Operands& o);
  bool linear(const Instruction& step, const Operands& o);
  bool systems(const Instruction& step, const Operands& o);
  bool scalars(const Instruction& step, const Operands& o);
  bool handles(const Instruction& step, const Operands& o);

  const test::CaseOfOne& function_of(const Instruction& step) const {
    return test::cases_of_one()[step.number % test::cases_of_one().size()];
  }
  /// A list function where it is tested.
  static Hyper listed(const test::CaseOfOne& row, const Hyper& x);
  /// Which of a and b is the greater; notes a tie, unless of one number twice.
  bool is_greater(const Hyper& a, const Hyper& b);
  Hyper clipped(const Hyper& x, const Hyper& lower, const Hyper& upper);
  Hyper greatest_of(const std::vector<Hyper>& some, bool smallest = false);
  /// (Σ x²)^½; at 0 there is a kink.
  Hyper norm_of(const std::vector<Hyper>& some);
  Hyper of_two(std::size_t which, const Hyper& a, const Hyper& b);
  HyperArray general(const HyperArray& x) const;
  HyperArray definite(const HyperArray& x) const;
  HyperArray identity() const { return HyperArray(Matrix(Matrix::Identity(n_, n_))); }
  template <class F>
  HyperArray vector(const F& f) const {
    return filled(n_, f);
  }
  template <class F>
  HyperArray matrix(const F& f) const {
    return filled(n_, n_, f);
  }
  template <class F>
  Hyper total_of(const F& f) const {
    return summed(n_, f);
  }

  std::array<HyperArray, registers> v_, m_;
  std::array<Hyper, registers> s_;
  Index n_;
  bool at_kink_ = false;
  long double largest_ = 1;
};

}  // namespace unroll::fuzz
