#include "unroll/ad/sweeper.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ad/entrywise.hpp"
#include "unroll/ad/functions.hpp"

namespace unroll::ad {

Sweeper::Owner Sweeper::over(const TapeCore& core, Index columns) {
  Sweeper* const resting = ThreadRest<Sweeper>::take();
  Owner sweeper(resting != nullptr ? resting : new Sweeper);
  const std::size_t scalars = static_cast<std::size_t>(columns) * core.scalars.size();
  if (sweeper->arrays_.size() < core.arrays) sweeper->arrays_.resize(core.arrays);
  if (sweeper->scalars_.size() < scalars) sweeper->scalars_.resize(scalars);
  sweeper->core_ = &core;
  sweeper->columns_ = columns;
  sweeper->first_ = 0;
  sweeper->epoch_ = core.epoch.load(std::memory_order_relaxed);
  sweeper->array_count_ = core.arrays;
  sweeper->scalar_count_ = core.scalars.size();
  sweeper->arguments_ = core.scalars.arguments();
  return sweeper;
}

void Sweeper::give_back() noexcept {
  const TapeCore* const core = std::exchange(core_, nullptr);
  const bool outlived = core != nullptr && core->epoch.load(std::memory_order_relaxed) != epoch_;
  if (!clean_ || outlived) {
    arrays_ = {};
    scalars_ = {};
  } else if (core != nullptr) {
    for (const auto& input : core->inputs)
      if (input.id < array_count_) arrays_[input.id] = {};
    for (const Id id : core->input_scalars)
      if (id < scalar_count_) std::fill_n(scalar(id), columns_, 0.0);
    std::fill_n(scalar(0), columns_, 0.0);
  }
  clean_ = true;
  free_.clear();
  memory_.reset();
  ThreadRest<Sweeper>::give(this);
}

void Sweeper::run() {
  clean_ = false;
  Id end = core_->scalars.size();
  const Node* node = core_->last_node;
  std::size_t chunk = core_->chunk_ends.size(), index = core_->node_count;
  for (;;) {
    while (node == nullptr && chunk > 0) node = core_->chunk_ends[--chunk];
    if (node == nullptr) break;
    if (node->statements < end) {
      sweep_statements(end, node->statements);
      end = node->statements;
    }
    if (core_->log != nullptr) [[unlikely]]
      core_->log->pulled(--index, *this, false);
    node->pull(*node, *this);
    if (core_->log != nullptr) [[unlikely]]
      core_->log->pulled(index, *this, true);
    node = node->back == 0
               ? nullptr
               : reinterpret_cast<const Node*>(reinterpret_cast<const std::byte*>(node) - node->back);
  }
  sweep_statements(end, 1);
  clean_ = true;
}

Sweeper::Buffer* Sweeper::allocate(Index rows) {
  constexpr std::size_t line = 64;
  const std::size_t bytes = std::max(size_of(rows) * sizeof(double), FreeLists<Buffer>::least_bytes);
  auto* memory = static_cast<std::byte*>(memory_.allocate(line + bytes, line));
  return new (memory) Buffer{reinterpret_cast<double*>(memory + line), 1};
}

Sweeper::Adjoint Sweeper::take_small(const Adjoint& adjoint, Index rows) {
  const double* const entries = adjoint.buffer->data;
  if (std::any_of(entries, entries + size_of(rows), is_normal)) return adjoint;
  drop(adjoint, rows);
  return {};
}

void Sweeper::write_out(Adjoint& adjoint, Index rows) {
  const Index size = rows * columns_;
  Buffer* const shared = adjoint.buffer;
  if (shared->references > 1) {
    adjoint.buffer = new_buffer(rows);
    --shared->references;
  }
  assign_multiple(adjoint.buffer->data, shared->data, size, adjoint.scale);
  adjoint.scale = 1;
}

void Sweeper::add_to(Adjoint& adjoint, Index rows, double factor, const double* y) {
  const Index size = rows * columns_;
  const double* const before = adjoint.buffer->data;
  if (adjoint.buffer->references > 1) {
    --adjoint.buffer->references;
    adjoint.buffer = new_buffer(rows);
  }
  const double scale = std::exchange(adjoint.scale, 1);
  entrywise(
      adjoint.buffer->data, size,
      [scale, factor](auto a, auto b) {
        using namespace Eigen::internal;
        using T = decltype(a);
        return pmadd(pset1<T>(factor), b, pmul(pset1<T>(scale), a));
      },
      before, y);
}

void Sweeper::sweep_statements(Id from, Id to) {
  switch (columns_) {
    case 1:
      return sweep_statements_plain(from, to);
    case 2:
      return sweep_statements_of_columns<2>(from, to);
    case 3:
      return sweep_statements_of_columns<3>(from, to);
    case 4:
      return sweep_statements_of_columns<4>(from, to);
    case 5:
      return sweep_statements_of_columns<5>(from, to);
    default:
      return sweep_statements_of_columns<Eigen::Dynamic>(from, to);
  }
}

void Sweeper::sweep_statements_plain(Id from, Id to) {
  double* const adjoint = scalars_.data();
  const Statements::Count* const counts = core_->scalars.counts();
  const double* partial = core_->scalars.partials() + arguments_;
  const Id* argument = core_->scalars.argument_ids() + arguments_;
  for (Id i = from; i-- > to;) {
    auto count = static_cast<std::uint32_t>(counts[i]);
    if (count == 0) continue;
    const double a = adjoint[i];
    if (a == 0) {  // (and nothing is written: of a long recording a sweep may reach a small part)
      partial -= count;
      argument -= count;
      continue;
    }
    adjoint[i] = 0;
    do adjoint[*--argument] += *--partial * a;
    while (--count != 0);
  }
  arguments_ = static_cast<std::size_t>(partial - core_->scalars.partials());
}

// (As for a single column, what nobody depends on adds nothing, even where a partial is infinite.)
template <int fixed>
void Sweeper::sweep_statements_of_columns(Id from, Id to) {
  const Index columns = fixed == Eigen::Dynamic ? columns_ : fixed, half = core_->half;
  const bool has_tangents = core_->tangents > 0;  // columns − 1 of them
  const auto add = [](double* y, const double* x, Index size, double c) {
    if constexpr (fixed == Eigen::Dynamic)
      add_multiple(y, x, size, c);
    else
      for (Index j = 0; j < size; ++j) y[j] += c * x[j];
  };
  for (Id i = from; i-- > to;) {
    const auto count = static_cast<std::size_t>(core_->scalars.counts()[i]);
    if (count == 0) continue;
    double* const a = scalar(i);
    if (std::all_of(a, a + columns, [](double adjoint) { return adjoint == 0; })) {
      arguments_ -= count;
      continue;
    }
    for (std::size_t n = 0; n < count; ++n) {
      --arguments_;
      const double partial = core_->scalars.partials()[arguments_];
      double* const u = scalar(core_->scalars.argument_ids()[arguments_]);
      if (std::isfinite(partial))
        add(u, a, columns, partial);
      else
        for (Index j = 0; j < columns; ++j) u[j] += chain(partial, a[j]);
      if (!has_tangents) continue;
      const double* const bend = core_->scalars.partial_tangents(arguments_);
      if (a[0] != 0) add(u + 1, bend, columns - 1, a[0]);
      for (Index j = 1; j < half; ++j)
        u[half + j] += chain(bend[j - 1], a[half]) + chain(bend[half - 1], a[j]);
    }
    std::fill_n(a, columns, 0.0);
  }
}

}  // namespace unroll::ad
