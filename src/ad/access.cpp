#include "unroll/ad/access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "ad/adaptors.hpp"
#include "ad/instantiate.hpp"

namespace unroll {

namespace ad {
namespace {

struct Concatenation {
  static constexpr std::array<unsigned, 2> needed_for{0U, 0U};
  static constexpr bool reads_output = false;
  Index first_rows;
  static void evaluate(const ConstBlock& a, const ConstBlock& b, Block y) {
    y.setZero();
    y.topLeftCorner(a.rows(), a.cols()) = a;
    y.bottomLeftCorner(b.rows(), b.cols()) = b;
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    const auto give = [&](Block bar, Into into, Index first) {
      put(bar, y_bar.block.middleRows(first, bar.rows()), y_bar.scale, into);
    };
    p.template add<0>([&](Block a_bar, Into into) { give(a_bar, into, 0); });
    p.template add<1>([&](Block b_bar, Into into) { give(b_bar, into, first_rows); });
  }
};

// Entries of an array as scalars first, first + 1, …: their adjoints, c a scalar, go back as one array.
struct EntriesNode : Node {
  Id array;
  Id first;
  static void pull_back(const Node& base, Sweeper& sweeper) {
    const auto& node = static_cast<const EntriesNode&>(base);
    Block entries(sweeper.scalar(node.first), sweeper.columns(), node.rows);
    if ((entries.array() == 0).all()) return;
    Into into{};
    Block x_bar = sweeper.writable(node.array, node.rows, into);
    put(x_bar, entries.transpose(), 1, into);
    entries.setZero();
  }
};

struct AssembleNode : Node {
  const Id* entries;
  static void pull_back(const Node& base, Sweeper& sweeper) {
    const auto& node = static_cast<const AssembleNode&>(base);
    const Sweeper::Adjoint adjoint = sweeper.take(node.output);
    if (adjoint.buffer == nullptr) return;
    const ScaledBlock y_bar = sweeper.view(adjoint, node.rows);
    for (Index i = 0; i < static_cast<Index>(node.rows); ++i)
      sweeper.scalar_block(node.entries[i]) += y_bar.scale * y_bar.block.row(i);
    sweeper.drop(adjoint, node.rows);
  }
};

// The id of entry 0 of an array on a tape, all entries becoming scalars the first time.
Id first_entry(const VarArray& x) {
  if (x.buffer()->first_scalar != 0) return x.buffer()->first_scalar;
  TapeCore& core = *x.core();
  const auto size = static_cast<std::size_t>(x.size());
  const Id first = core.scalars.push_empty(size);
  if (core.tangents > 0) {
    const ConstBlock block = x.block();
    for (Index i = 0; i < x.size(); ++i)
      Block(core.scalars.block(first + static_cast<Id>(i)), 1, core.columns()) = block.row(i);
  }
  core.push_node<EntriesNode>(0, size, [&](void* memory) {
    return new (memory) EntriesNode{{&EntriesNode::pull_back, 0, 0, 0, 0}, x.id(), first};
  });
  if (core.log != nullptr) [[unlikely]] {
    const LoggedOperand operand{x.id(), false, x.size(), 0};
    core.log->recorded("Entries", true, first, size, x.block().data(), {&operand, 1});
  }
  x.retain();  // the buffer, and with it this id, stay until clear()
  x.buffer()->first_scalar = first;
  return first;
}

void check_entry(Index i, Index j, Shape shape) {
  if (i < 0 || i >= shape.rows || j < 0 || j >= shape.cols)
    throw ShapeError(fmt::format("entry ({}, {}): array is {}x{}", i, j, shape.rows, shape.cols));
}

}  // namespace

template <class E>
erased_result_t<E> segment_of(const E& x, Index first, Index count) {
  if (first < 0 || count < 0 || count > x.size() || first > x.size() - count)
    throw ShapeError(fmt::format("segment: {} entries from {}, x has {}", count, first, x.size()));
  return evaluate_rule<Kind::array>(LinearRule{Segment{first}}, Shape{count, 1}, x);
}
template <class A, class B>
erased_result_t<A, B> concatenation(const A& a, const B& b) {
  return evaluate_rule<Kind::array>(Concatenation{a.size()}, Shape{a.size() + b.size(), 1}, a, b);
}

#define UNROLL_OF_ONE(E) template erased_result_t<E> segment_of<E>(const E&, Index, Index);
UNROLL_FOR_ERASED(UNROLL_OF_ONE)
#undef UNROLL_OF_ONE
#define UNROLL_OF_TWO(A, B) template erased_result_t<A, B> concatenation<A, B>(const A&, const B&);
UNROLL_FOR_ERASED_PAIRS(UNROLL_OF_TWO)
#undef UNROLL_OF_TWO

}  // namespace ad

Var VarArray::first_taken(Index i, Index j) const {
  check("entry");
  ad::check_entry(i, j, shape());
  const Index position = i + j * rows();
  const double value = buffer_->data[position];
  if (is_constant()) return Var(value);
  return Var(core_, ad::first_entry(*this) + static_cast<ad::Id>(position), value);
}

Dual DualArray::entry(Index i, Index j) const {
  ad::check_entry(i, j, shape());
  return Dual(ad::FewNumbers(block_.row(i + j * rows())), half_, perturbation_);
}

VarVector assemble(std::span<const Var> entries) {
  using namespace ad;
  const auto size = static_cast<Index>(entries.size());
  TapeCore* core = nullptr;
  for (const Var& entry : entries) {
    entry.check("assemble");
    if (entry.core() == nullptr) continue;
    if (core != nullptr && core != entry.core()) TapeCore::throw_foreign("assemble");
    core = entry.core();
  }
  if (core == nullptr) {
    Vector values(size);
    for (Index i = 0; i < size; ++i) values[i] = entries[static_cast<std::size_t>(i)].primal();
    return VarVector(values);
  }
  VarVector result(VarArray(core, core->allocate(static_cast<std::size_t>(size * core->columns())),
                            core->new_array(), {size, 1}));
  Block block(result.buffer()->data, size, core->columns());
  auto* ids = static_cast<Id*>(core->values.allocate(entries.size() * sizeof(Id), alignof(double)));
  for (Index i = 0; i < size; ++i) {
    const Var& entry = entries[static_cast<std::size_t>(i)];
    ids[i] = entry.id();
    const ConstBlock from = block_of(entry);
    block.row(i).setZero();
    block.row(i).head(from.cols()) = from;
  }
  core->push_node<AssembleNode>(result.id(), entries.size(), [&](void* memory) {
    return new (memory) AssembleNode{{&AssembleNode::pull_back, 0, 0, 0, 0}, ids};
  });
  if (core->log != nullptr) [[unlikely]] {
    std::vector<LoggedOperand> operands;
    for (const Var& entry : entries) operands.push_back({entry.id(), true, 1, entry.primal()});
    core->log->recorded("Assemble", false, result.id(), entries.size(), block.data(), operands);
  }
  return result;
}

DualVector assemble(std::span<const Dual> entries) {
  Index columns = 1, half = 0;
  ad::Perturbation perturbation = 0;
  for (const Dual& entry : entries) {
    columns = ad::common_columns({columns, entry.block().cols()});
    half = std::max(half, entry.block().half());
  }
  Matrix block = Matrix::Zero(static_cast<Index>(entries.size()), columns);
  for (Index i = 0; i < block.rows(); ++i) {
    const ad::ConstBlock from = entries[static_cast<std::size_t>(i)].block();
    block.row(i).head(from.cols()) = from;
  }
  if (std::ranges::any_of(entries, [](const Dual& entry) { return entry.perturbation() != 0; })) {
    std::vector<ad::Perturbed> all;
    for (const Dual& entry : entries) all.push_back(ad::perturbed(entry));
    perturbation = ad::common_perturbation(all);
  }
  const ad::Shape shape{block.rows(), 1};  // before the block moves away
  return DualVector(DualArray(shape, std::move(block), half, perturbation));
}

}  // namespace unroll
