#pragma once

#include <Eigen/SparseCore>
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/ad/arena.hpp"
#include "unroll/ad/block.hpp"
#include "unroll/ad/statements.hpp"

/// What a tape is made of. Users meet `Tape`, `Var`, `VarVector`; the engine meets this.
namespace unroll::ad {

class Sweeper;

/// The storage of a value. Reference-counted, so that a temporary is recycled at once, and a value that nodes
/// read later is stored once however many read it. Counts are not atomic: a tape and its variables belong to
/// one thread.
struct Buffer {
  double* data;
  std::uint32_t references;
  Id first_scalar;  // id of entry 0 as a scalar, once somebody took an entry; 0 before
};

/// The rule's name in what a compiler calls its type: `LinearRule<Segment>` is a Segment, `UserRule<Mine, …>`
/// Mine. Any other text is a name already.
std::string rule_name(std::string_view type);

/// What somebody who watches a recording is told of an operation and of its pullback (see TapeLog).
struct LoggedOperand {
  Id id;  // 0 of a constant
  bool is_scalar;
  Index entries;
  double value;  // of a scalar
};
class NodeLog {
 public:
  virtual ~NodeLog() = default;
  /// An operation was recorded: its rule's type, its output and its value, and what it was given.
  virtual void recorded(const char* type, bool is_scalar, Id output, std::size_t entries, const double* value,
                        std::span<const LoggedOperand> operands) = 0;
  /// Node number `node`, from 0, is pulled back next, or was.
  virtual void pulled(std::size_t node, Sweeper& sweeper, bool already) = 0;
  /// The recording was forgotten.
  virtual void forgotten() noexcept = 0;
  /// How to call what is recorded next, where that is more than the rule's type says; null: by its type.
  const char* name = nullptr;
};

/// One array operation; its rule and operands follow it in the arena.
struct Node {
  void (*pull)(const Node&, Sweeper&);
  std::uint32_t back;        // bytes back to the node before; 0 for the first of a chunk
  Id output;                 // an array or a scalar: the pull knows
  std::uint32_t statements;  // scalar statements recorded before this node
  std::uint32_t rows;        // of the output, flattened
};

/// The numbers of a matrix, dense or sparse; null of an operator.
template <class M>
const double* entries_of(const M& matrix) {
  if constexpr (requires { matrix.valuePtr(); })
    return matrix.valuePtr();
  else if constexpr (requires { matrix.data(); })
    return matrix.data();
  else
    return nullptr;
}

/// The storage behind a `Tape`. Cores outlive their tapes and are reused warm. `epoch` is unique to a
/// recording: by it a variable of an earlier recording, or of another tape, is known.
struct TapeCore {
  std::atomic<std::uint32_t> epoch{0};
  Index tangents = 0;  // k, or 2k + 1 with a further direction
  Index half = 0;      // 1 + k if there is a further direction, else 0: see BlockOf
  /// Norms that are 0 are those of x + εẋ, ε ↓ 0, times this: 1, −1 of a negative one, 0 of no ray. See Tape.
  double ray = 0;
  bool met_ray = false;  // whether there was one

  Statements scalars;
  Id arrays = 1;
  ChunkArena nodes;
  Node* last_node = nullptr;
  std::vector<Node*> chunk_ends;  // last node before each chunk of `nodes` but the first
  std::size_t node_count = 0;

  ChunkArena headers, values;
  FreeLists<Buffer> free_buffers;
  std::size_t free_bytes = 0;
  std::vector<std::shared_ptr<const void>> kept;  // what nodes refer to and is no plain array, until clear()
  struct Owned {
    const std::byte *begin, *end;
    bool is_watched;
  };
  std::vector<Owned> owned;  // objects that outlive the recording: see Tape::refer_to
  /// The entries of a matrix of a watched object, where they were and what when a node referred to them.
  struct Referred {
    const void* matrix;
    const double* (*entries_of)(const void* matrix);
    const double* entries;
    std::size_t count;
    double print;
  };
  std::vector<Referred> referred;  // of the first few hundred
  /// Constants that were copied, by their source: one that did not change is not copied again.
  struct Constant {
    MatrixView source, copy;
  };
  std::vector<Constant> constants;
  std::vector<std::shared_ptr<const Eigen::SparseMatrix<double>>> sparse_constants;
  struct Input {
    Id id;
    const Buffer* buffer;
  };
  std::vector<Input> inputs;      // arrays, by ascending id
  std::vector<Id> input_scalars;  // ascending
  NodeLog* log = nullptr;         // who watches this recording

  Index columns() const { return 1 + tangents; }
  /// Whether an array is one of the inputs that were there before all else.
  bool is_input(Id id) const { return id <= inputs.size() && inputs[id - 1].id == id; }

  /// A buffer of `size` doubles with one reference; contents undefined.
  Buffer* allocate(std::size_t size) {
    if (Buffer* const found = free_buffers.take(size)) {
      free_bytes -= size * sizeof(double);
      found->references = 1;
      found->first_scalar = 0;
      return found;
    }
    auto* buffer = static_cast<Buffer*>(headers.allocate(sizeof(Buffer), alignof(Buffer)));
    constexpr std::size_t small = 32;
    const std::size_t bytes = std::max(size * sizeof(double), FreeLists<Buffer>::least_bytes);
    *buffer = {static_cast<double*>(values.allocate(bytes, size < small ? 16 : 64)), 1, 0};
    return buffer;
  }
  /// A buffer of somebody else's memory. One reference is nobody's, so that it is neither recycled nor
  /// written to.
  Buffer* refer(const double* data) {
    return new (headers.allocate(sizeof(Buffer), alignof(Buffer))) Buffer{const_cast<double*>(data), 2, 0};
  }
  void release(Buffer* buffer, std::size_t size) {
    if (--buffer->references == 0) {
      free_bytes += size * sizeof(double);
      free_buffers.give(buffer, size);
    }
  }
  /// The object that outlives the recording and contains this address; null if none does.
  const Owned* owner_of(const void* address) const {
    for (const Owned& object : owned)
      if (address >= object.begin && address < object.end) return &object;
    return nullptr;
  }
  /// Whether there is one. If it is watched, the entries of this matrix, M, are noted.
  template <class M>
  bool owns(const M& matrix, std::size_t count) {
    const Owned* const owner = owner_of(&matrix);
    if (owner == nullptr || !owner->is_watched) return owner != nullptr;
    note({&matrix, [](const void* m) { return entries_of(*static_cast<const M*>(m)); }, entries_of(matrix),
          count, 0});
    return true;
  }
  void note(Referred matrix);
  /// @throws UnsupportedError if what was noted is not what it was.
  void check_referred() const;
  /// A copy of a matrix that lives until clear(); that of before, if this one stands where it stood and
  /// equals it.
  MatrixView keep(const MatrixView& matrix);
  /// The same of `size` numbers; few of them are copied every time.
  const double* keep_copy(const double* data, std::size_t size);
  /// Keeps what `shared` points to until clear().
  void keep(std::shared_ptr<const void> shared);

  /// Places a node of type N behind the last one: make(memory) constructs it there, as a node that is copied
  /// into place would wait for the stores of its members.
  template <class N, class Make>
  void push_node(Id output, std::size_t rows, const Make& make) {
    static_assert(std::is_base_of_v<Node, N> && alignof(N) == alignof(Node));
    if (!nodes.fits(sizeof(N))) [[unlikely]] {
      chunk_ends.push_back(last_node);
      last_node = nullptr;
    }
    N* const placed = make(nodes.allocate(sizeof(N), alignof(N)));
    const auto distance =
        reinterpret_cast<std::uintptr_t>(placed) - reinterpret_cast<std::uintptr_t>(last_node);
    placed->back = last_node == nullptr ? 0 : static_cast<std::uint32_t>(distance);
    placed->output = output;
    placed->statements = scalars.size();
    placed->rows = static_cast<std::uint32_t>(rows);
    last_node = placed;
    ++node_count;
  }

  Id new_array() {
    if (arrays == std::numeric_limits<Id>::max()) throw_full();
    return arrays++;
  }

  /// Forgets the recording, keeps the memory, and begins another.
  void reset(double new_ray);
  void forget() noexcept;
  void begin(Index new_tangents, Index new_half, double new_ray);

  /// The same, and gives the memory back, with that of all cores and sweepers that rest with this thread.
  void free_memory(double new_ray);

  /// A core of this thread, warm if there is one.
  static TapeCore* acquire(Index tangents, Index half, double ray);
  static void give_back(TapeCore* core) noexcept;
  static void bequeath(TapeCore* core) noexcept;  // to all threads
  TapeCore* next = nullptr;                       // while it rests: see ThreadRest

  /// True if a variable of `variable_epoch` belongs to this recording.
  bool is_at(std::uint32_t variable_epoch) const {
    return variable_epoch == epoch.load(std::memory_order_relaxed);
  }
  /// @throws TapeError unless it does, of a variable whose core this is: then its recording is over.
  void check(std::uint32_t variable_epoch, const char* operation) const {
    if (!is_at(variable_epoch)) [[unlikely]]
      throw_stale(operation);
  }
  /// @throws TapeError unless it does, of any variable.
  template <class T>
  void check_of(const T& x, const char* operation) const {
    x.check(operation);
    if (!is_at(x.epoch())) throw_foreign(operation);
  }

  [[noreturn]] static void throw_full();
  /// The operation by a name, or by the type of its rule. A recording is over; there are two.
  /// @{
  [[noreturn]] static void throw_stale(const char* operation);
  [[noreturn]] static void throw_foreign(const char* operation);
  /// @}
};

/// While it lives, a log calls what is recorded on `core` by the name that `name()` gives.
class NamedOperation {
 public:
  template <class F>
  NamedOperation(TapeCore* core, const F& name) : log_(core == nullptr ? nullptr : core->log) {
    if (log_ != nullptr) [[unlikely]]
      log_->name = name();
  }
  ~NamedOperation() {
    if (log_ != nullptr) [[unlikely]]
      log_->name = nullptr;
  }
  NamedOperation(const NamedOperation&) = delete;
  NamedOperation& operator=(const NamedOperation&) = delete;

 private:
  NodeLog* log_;
};

}  // namespace unroll::ad
