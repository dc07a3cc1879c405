#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "unroll/ad/structure.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"

/// A solver, its state and what it prepared, their types forgotten: loops, recordings and checks see arrays
/// and numbers in order, and are compiled once.
namespace unroll::detail {

/// Where an array or scalar stands in a state: in which member, in which of the lists within that, as the how
/// manieth of all of them.
struct Place {
  Index member = 0, list = 0, element = 0;
  bool of_iterate = false;  // the member is x, or one of those that x consists of
  bool operator==(const Place&) const = default;
};

/// The entries of an array, column by column.
struct Numbers {
  const double* data;
  Index rows, cols;
  Index size() const { return rows * cols; }
};

/// What carries derivatives in V's world; of plain arrays nothing.
/// @{
template <class V>
struct CarriersOf {
  using Array = VarArray;
  using Scalar = Var;
};
template <>
struct CarriersOf<DualVector> {
  using Array = DualArray;
  using Scalar = Dual;
};
template <>
struct CarriersOf<Vector> {
  struct Array;
  struct Scalar;
};
/// @}

/// An array or a number of a state or of what was prepared, a member of it or an element of a list; a list of
/// doubles is one array.
template <class V>
struct Part {
  Place place;
  bool is_listed;
  bool is_variable;  // a number that is one on a tape, a multiplier say; a step size or a count is none
  typename CarriersOf<V>::Array* array = nullptr;  // if it carries derivatives, or
  typename CarriersOf<V>::Scalar* scalar = nullptr;
  const void* object = nullptr;
  Numbers (*of_array)(const void*) = nullptr;  // or
  double (*of_number)(const void*) = nullptr;

  bool is_array() const { return of_array != nullptr; }
  Numbers numbers() const { return of_array(object); }
  double number() const { return of_number(object); }
};

/// Arrays and numbers, in order.
template <class V>
class AnyArrays {
 public:
  virtual ~AnyArrays();
  /// Listed when they are first asked for.
  const std::vector<Part<V>>& parts() const;

 protected:
  AnyArrays();
  AnyArrays(const AnyArrays&) = delete;
  AnyArrays& operator=(const AnyArrays&) = delete;
  /// Adds all parts.
  virtual void list() const = 0;
  void add(const Part<V>& part) const;
  /// They are elsewhere now.
  void forget() { parts_.clear(); }

 private:
  mutable std::vector<Part<V>> parts_;
};

/// A state over arrays V.
template <class V>
class AnyState : public AnyArrays<V> {
 public:
  virtual std::unique_ptr<AnyState> copy() const = 0;
  /// As a vector, n, until the state changes or is asked again.
  virtual const V& iterate() const = 0;
  virtual bool was_accepted() const = 0;
  /// That it takes, kept.
  virtual std::size_t bytes() const = 0;
};

template <class V>
using PreparedPtr = std::unique_ptr<AnyArrays<V>>;
template <class V>
using StatePtr = std::unique_ptr<AnyState<V>>;

/// What becomes of plain arrays and numbers in V's world.
template <class V>
class IntoWorld {
 public:
  virtual ~IntoWorld() = default;
  virtual V operator()(const Vector& value) = 0;
  virtual matrix_t<V> operator()(const Matrix& value) = 0;
  virtual scalar_t<V> operator()(double value) = 0;
};

/// What becomes of those of V's world on plain arrays: the numbers behind them.
template <class V>
class OutOfWorld {
 public:
  virtual ~OutOfWorld() = default;
  virtual Vector operator()(const V& a);
  virtual Matrix operator()(const matrix_t<V>& a);
  virtual double operator()(const scalar_t<V>& a);
};

/// A solver over arrays V.
template <class V>
class SolverIn {
 public:
  virtual ~SolverIn() = default;
  virtual Equation equation() const = 0;
  virtual bool has_frozen_step() const = 0;
  /// See initial_state and prepare.
  /// @{
  virtual StatePtr<V> start(const V& x0, const V& theta) const = 0;
  virtual PreparedPtr<V> prepare(const V& theta) const = 0;
  /// @}
  /// The step itself, or the frozen one, where there is one.
  enum class Which { step, frozen };
  /// Step t: `to` becomes what it makes of `from`.
  virtual void step(const Oracle<V>& f, const AnyState<V>& from, const V& theta, Index t,
                    const AnyArrays<V>& prepared, StatePtr<V>& to, Which which = Which::step) const = 0;
  /// See `solves`.
  virtual bool solves(const Oracle<V>& f, const AnyState<V>& state, const V& theta,
                      double tolerance) const = 0;

  /// A state, or what was prepared, of one world in another.
  /// @{
  virtual StatePtr<V> into(const AnyState<Vector>& plain, IntoWorld<V>& become) const = 0;
  virtual PreparedPtr<V> into(const AnyArrays<Vector>& plain, IntoWorld<V>& become) const = 0;
  virtual StatePtr<Vector> out_of(const AnyState<V>& state, OutOfWorld<V>&& become = {}) const = 0;
  /// @}
  /// The same solver over plain arrays.
  virtual const SolverIn<Vector>& plain() const = 0;
};

/// A solver over all of them.
class AnySolver {
 public:
  virtual ~AnySolver() = default;
  virtual const SolverIn<Vector>& plain() const = 0;
  virtual const SolverIn<DualVector>& dual() const = 0;
  virtual const SolverIn<VarVector>& taped() const = 0;
  /// See check_solver and contraction.
  /// @{
  virtual void check() const = 0;
  virtual std::optional<double> contraction(double smallest_eigenvalue) const = 0;
  /// @}
  /// Constant matrices within the solver are referred to by the tape, and watched.
  virtual void watch(Tape& tape) const = 0;
};
using AnySolverPtr = std::unique_ptr<const AnySolver>;

/// Compiled in the library.
/// @{
extern template class AnyArrays<Vector>;
extern template class AnyArrays<DualVector>;
extern template class AnyArrays<VarVector>;
extern template class OutOfWorld<Vector>;
extern template class OutOfWorld<DualVector>;
extern template class OutOfWorld<VarVector>;
/// @}

}  // namespace unroll::detail
