#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <span>
#include <utility>

#include "unroll/ad/assignment.hpp"
#include "unroll/ad/linear_combination.hpp"
#include "unroll/ad/sweeper.hpp"
#include "unroll/ad/var.hpp"
#include "unroll/ad/var_array.hpp"

namespace unroll {

/// The adjoints that a sweep brought back to the inputs of a tape. Valid until the tape is cleared.
class Sweep {
 public:
  /// size × s: column j is the pullback of seed j to the input x. On a tape with k tangents, s = 1 + k:
  /// column 0 is the adjoint, columns 1…k its tangents. Zero if nothing depends on x.
  /// @throws TapeError if x is not an input of the tape, or the tape was cleared.
  Matrix adjoint(const VarArray& x) const;
  template <class A>
  Matrix adjoint(const LinearCombination<A>&) const {
    static_assert(ad::never<A>,
                  "sweep.adjoint: a sum is no input of the tape; ask for the "
                  "adjoint of the VarVector or VarMatrix "
                  "that tape.input gave");
    return {};
  }
  /// 1 × s, likewise.
  Eigen::RowVectorXd adjoint(const Var& x) const;
  /// Columns `first` … of the adjoint of x, as many as `out` has, written there. @throws as adjoint.
  void adjoint_into(const VarArray& x, Index first, ad::Block out) const;

 private:
  friend class Tape;
  explicit Sweep(ad::Sweeper::Owner sweeper, std::uint32_t epoch)
      : sweeper_(std::move(sweeper)), epoch_(epoch) {}
  template <class T>
  void check(const T& x, bool is_input) const;
  ad::Sweeper::Owner sweeper_;
  std::uint32_t epoch_;
};

/// An array to pull back from, by reference (threads may share it, which handles do not allow), and its
/// cotangents.
struct Seed {
  const VarArray& y;  // of the recording that is swept, no constant
  Matrix cotangents;  // y.size() × s

  Seed(const VarArray& array, Matrix seeds) : y(array), cotangents(std::move(seeds)) {}
  /// A temporary, a sum say, would be gone before the sweep: give it a name first.
  /// @{
  template <std::derived_from<VarArray> A>
  Seed(const A&& temporary, Matrix) : y(temporary) {
    ad::refuse_temporary<A>();
  }
  template <class A>
  Seed(const LinearCombination<A>& sum, Matrix seeds) : Seed(sum.eval(), std::move(seeds)) {}
  /// @}
};

/// What a recording holds.
struct TapeStatistics {
  std::size_t nodes = 0;           // array operations
  std::size_t statements = 0;      // scalar operations, inputs and entries
  std::size_t arguments = 0;       // pairs (partial, id) of the statements
  std::size_t node_bytes = 0;      // rules and their operands
  std::size_t scalar_bytes = 0;    // statements, 12 bytes a pair
  std::size_t value_bytes = 0;     // arrays that some node or variable still reads
  std::size_t reserved_bytes = 0;  // memory held, in use or not
  /// Bytes in use: of nodes, scalars and values together.
  std::size_t bytes() const { return node_bytes + scalar_bytes + value_bytes; }
};

/// The most bytes that a tape of this thread held while the meter lives: of tapes that end while it does, a
/// problem's own say. Meters nest.
class TapeMeter {
 public:
  TapeMeter() : before_(std::exchange(most(), 0)) {}
  ~TapeMeter() { most() = std::max(most(), before_); }
  TapeMeter(const TapeMeter&) = delete;
  TapeMeter& operator=(const TapeMeter&) = delete;
  std::size_t bytes() const { return most(); }

 private:
  friend class Tape;
  static std::size_t& most();
  std::size_t before_;
};

/// A recording of array and scalar operations, for back-propagation.
///
///   Tape tape;
///   const VarVector x = tape.input(x0);
///   const Var y = squared_norm(A * x - b);
///   const Vector gradient = tape.sweep(y).adjoint(x);
///
/// Variables belong to the tape that recorded them and to one thread; using one after `clear()`, or together
/// with one of another tape, throws TapeError. Memory is kept across `clear()` and handed to the next tape of
/// the thread.
class Tape {
 public:
  /// A tape; with k = `tangents` > 0 every value carries k tangents, and a sweep gives second derivatives.
  /// Where a norm is 0, its tangent is that of the ray x + εẋ, ε ↓ 0, ‖ẋ‖: what is smooth in the end, as the
  /// square of a norm, then has its second derivatives, however it is written.
  /// See turn_rays.
  explicit Tape(Index tangents = 0) : Tape(tangents, Kind::curvature) {}
  /// A tape of which the tangents are wanted, not swept: where a norm is 0 they are 0, as its derivative is.
  static Tape pushing(Index tangents) { return Tape(tangents, Kind::pushing); }
  /// A tape for third derivatives: every value carries k tangents, its derivative along one further direction
  /// w, and the derivatives of the tangents along w, 2k + 1 columns beside the value. From a scalar f(x) with
  /// tangents v_j, column 1 + k + j of a sweep is ∇³f(x)[w, v_j, ·].
  static Tape along(Index tangents) { return Tape(tangents, Kind::along); }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  ~Tape();

  /// An independent variable; its tangents, if the tape carries any, are zero.
  /// @{
  VarVector input(const Vector& value);
  VarVector input(const Eigen::Ref<const Vector>& value);
  VarMatrix input(const Matrix& value);
  template <class D>
  auto input(const Eigen::MatrixBase<D>& value) {
    if constexpr (D::ColsAtCompileTime == 1)
      return input(Eigen::Ref<const Vector>(value.derived()));
    else
      return input(Matrix(value));
  }
  Var input(double value);
  /// @}
  /// With tangents, n×k. @throws ShapeError
  VarVector input(const Eigen::Ref<const Vector>& value, const Eigen::Ref<const Matrix>& tangents);
  /// With tangents, n×k, and its part of the further direction, n. @throws ShapeError; TapeError if the tape
  /// has none.
  VarVector input(const Eigen::Ref<const Vector>& value, const Eigen::Ref<const Matrix>& tangents,
                  const Eigen::Ref<const Vector>& along);

  /// Pulls seeds back from y to all inputs: `seeds` is y.size() × s, s adjoints at once.
  /// On a tape with tangents, s = 1 + k, column 0 the seed and the others its tangents.
  /// @throws ShapeError, TapeError if y is not of this recording or is a constant.
  Sweep sweep(const VarArray& y, const Matrix& seeds) const;
  /// The same from several arrays in one sweep: column j of the result is the sum of the pullbacks of their
  /// columns j.
  /// @throws likewise; ShapeError too if the seeds differ in their columns.
  Sweep sweep(std::span<const Seed> seeds) const;
  /// From a scalar, with seed 1 (its tangents 0).
  Sweep sweep(const Var& y) const;
  /// From a scalar: `seeds` is 1 × s. @throws likewise.
  Sweep sweep(const Var& y, const Eigen::RowVectorXd& seeds) const;

  /// Promises that `object` outlives the tape, unchanged: matrices that are its
  /// members are referred to, where a constant matrix is otherwise copied (see
  /// linear.hpp). The promise stays until the tape is destroyed.
  /// @{
  template <class T>
  void refer_to(const T& object) {
    refer_to(std::addressof(object), sizeof(T));
  }
  void refer_to(const void* object, std::size_t bytes, bool watches = false);
  template <class T>
  void refer_to(const T&&) {
    ad::refuse_temporary<T>();
  }
  /// The same; sweeps from arrays throw UnsupportedError if such a matrix is seen to have changed since.
  template <class T>
  void watch(const T& object) {
    refer_to(std::addressof(object), sizeof(T), true);
  }
  /// @}

  /// Forgets the recording and every variable of it. Its memory stays with the tape, and after that with the
  /// thread, for the next one.
  void clear();
  /// The same, but all that memory, and what sweeps of this thread keep, goes back to the system.
  void shrink();
  /// Whether a norm was 0 in the first recording with tangents. Then that is forgotten, and in the next those
  /// norms are −‖εẋ‖: the mean of both sweeps has the second derivatives of what is even in them, smooth;
  /// those of what is odd, a cone θ‖x‖ say, are 0, as its derivative there is.
  bool turn_rays();
  /// Forgets the recording; in those that follow a norm of 0 has the tangent 0, as its derivative is: for
  /// where that mean is not finite, as of √‖x‖.
  void leave_rays();
  Index tangents() const {
    return core_->tangents;
  }  // k, of every value; 2k + 1 of a tape for third derivatives
  /// Counts and bytes of the recording as it stands.
  TapeStatistics statistics() const;

  // For the engine.
  /// @cond engine
  ad::TapeCore& core() { return *core_; }
  /// `value` itself, no copy, as a constant or, on a tape without tangents, as an input: it must outlive the
  /// recording, unchanged.
  /// @{
  VarVector constant_at(const Eigen::Map<const Vector>& value);
  VarMatrix constant_at(const Eigen::Map<const Matrix>& value);
  VarVector input_at(const Eigen::Map<const Vector>& value);
  /// @}
  /// A sweep from a scalar for who reads, of an array's adjoint, the tangents alone: column 0 is made only
  /// where tangents need it.
  Sweep sweep_for_tangents(const Var& y) const;
  /// @endcond

 private:
  enum class Kind { curvature, pushing, along };
  Tape(Index tangents, Kind kind);
  Index checked_columns(Index seeds) const;
  Sweep sweep_scalar(const Var& y, std::span<const double> seeds, Index columns,
                     bool for_tangents = false) const;
  ad::TapeCore* core_;
};

namespace ad {
/// a becomes the mean of both; false if that is not finite.
inline bool average(Matrix& a, const Matrix& b) {
  a = 0.5 * (a + b);
  return a.allFinite();
}
/// Second derivatives by record(), a recording on the tape and its sweep: where a norm was 0, the mean of two
/// (see Tape::turn_rays).
template <class F>
auto over_rays(Tape& tape, const F& record) {
  auto derivatives = record();
  if (!tape.turn_rays() || average(derivatives, record())) return derivatives;
  tape.leave_rays();
  return record();
}
}  // namespace ad

}  // namespace unroll
