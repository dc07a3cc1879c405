#include "unroll/ad/sweeper.hpp"

#include <algorithm>
#include <memory>

#include "unroll/ad/functions.hpp"

namespace unroll::ad {

/// What sweeps reuse: tables that are all zero between sweeps, and the memory of adjoints.
struct Sweeper::Workspace {
  std::vector<Adjoint> arrays;
  std::vector<double> scalars;
  ChunkArena memory;
  FreeLists<Buffer> free;
  bool clean = true;
  Workspace* next = nullptr;  // see ThreadRest

  static void bequeath(Workspace* workspace) noexcept { delete workspace; }
  static Workspace* acquire() {
    Workspace* const found = ThreadRest<Workspace>::take();
    return found != nullptr ? found : new Workspace;
  }
};

Sweeper::Sweeper(const TapeCore& core, Index columns)
    : core_(core),
      columns_(columns),
      epoch_(core.epoch.load(std::memory_order_relaxed)),
      array_count_(core.arrays),
      scalar_count_(core.scalars.size()),
      arguments_(core.scalars.arguments()),
      workspace_(Workspace::acquire()),
      arrays_(workspace_->arrays),
      scalars_(workspace_->scalars),
      memory_(workspace_->memory),
      free_(workspace_->free) {
  const std::size_t scalars = static_cast<std::size_t>(columns) * core.scalars.size();
  try {
    if (arrays_.size() < core.arrays) arrays_.resize(core.arrays);
    if (scalars_.size() < scalars) scalars_.resize(scalars);
  } catch (...) {
    ThreadRest<Workspace>::give(workspace_);
    throw;
  }
}

Sweeper::~Sweeper() {
  constexpr std::size_t kept_bytes = std::size_t{32} << 20;
  Workspace& w = *workspace_;
  const std::size_t table_bytes = arrays_.capacity() * sizeof(Adjoint) + scalars_.capacity() * sizeof(double);
  const bool outlived = core_.epoch.load(std::memory_order_relaxed) != epoch_;
  if (!w.clean || outlived || table_bytes > kept_bytes) {
    arrays_ = {};
    scalars_ = {};
  } else {
    for (const auto& input : core_.inputs)
      if (input.id < array_count_) arrays_[input.id] = {};
    for (const Id id : core_.input_scalars)
      if (id < scalar_count_) std::fill_n(scalar(id), columns_, 0.0);
    std::fill_n(scalar(0), columns_, 0.0);
  }
  w.clean = true;
  free_.clear();
  memory_.reset();
  if (memory_.reserved_bytes() > kept_bytes) memory_.free_memory();
  ThreadRest<Workspace>::give(workspace_);
}

void Sweeper::run() {
  workspace_->clean = false;
  Id end = core_.scalars.size();
  const Node* node = core_.last_node;
  std::size_t chunk = core_.chunk_ends.size(), index = core_.node_count;
  for (;;) {
    while (node == nullptr && chunk > 0) node = core_.chunk_ends[--chunk];
    if (node == nullptr) break;
    if (node->statements < end) {
      sweep_statements(end, node->statements);
      end = node->statements;
    }
    if (core_.log != nullptr) [[unlikely]]
      core_.log->pulled(--index, *this, false);
    node->pull(*node, *this);
    if (core_.log != nullptr) [[unlikely]]
      core_.log->pulled(index, *this, true);
    node = node->back == 0
               ? nullptr
               : reinterpret_cast<const Node*>(reinterpret_cast<const std::byte*>(node) - node->back);
  }
  sweep_statements(end, 1);
  workspace_->clean = true;
}

Sweeper::Buffer* Sweeper::allocate(Index rows) {
  constexpr std::size_t line = 64;
  const std::size_t bytes = std::max(size_of(rows) * sizeof(double), FreeLists<Buffer>::least_bytes);
  auto* memory = static_cast<std::byte*>(memory_.allocate(line + bytes, line));
  return new (memory) Buffer{reinterpret_cast<double*>(memory + line), 1};
}

namespace {
using Read = Eigen::Map<const Vector>;
using Written =
    Eigen::Map<Vector, Eigen::Aligned64>;  // as allocate() makes them: spares the search for a start
}  // namespace

void Sweeper::write_out(Adjoint& adjoint, Index rows) {
  const Index size = rows * columns_;
  Buffer* const shared = adjoint.buffer;
  if (shared->references == 1) {
    Written(shared->data, size) *= adjoint.scale;
  } else {
    adjoint.buffer = new_buffer(rows);
    --shared->references;
    if (adjoint.scale == 1)
      Written(adjoint.buffer->data, size) = Read(shared->data, size);
    else
      Written(adjoint.buffer->data, size) = adjoint.scale * Read(shared->data, size);
  }
  adjoint.scale = 1;
}

void Sweeper::add_to(Adjoint& adjoint, Index rows, double factor, const double* y) {
  const Index size = rows * columns_;
  const Read added(y, size), before(adjoint.buffer->data, size);
  if (adjoint.buffer->references > 1) {
    --adjoint.buffer->references;
    adjoint.buffer = new_buffer(rows);
  }
  Written sum(adjoint.buffer->data, size);
  if (adjoint.scale != 1)
    sum = adjoint.scale * before + factor * added;
  else if (factor == 1)
    sum = before + added;
  else
    sum = before + factor * added;
  adjoint.scale = 1;
}

void Sweeper::sweep_statements(Id from, Id to) {
  if (columns_ == 1)
    sweep_statements_plain(from, to);
  else
    sweep_statements_of_columns(from, to);
}

void Sweeper::sweep_statements_plain(Id from, Id to) {
  double* const adjoint = scalars_.data();
  const Statements::Count* const counts = core_.scalars.counts();
  const double* partial = core_.scalars.partials() + arguments_;
  const Id* argument = core_.scalars.argument_ids() + arguments_;
  for (Id i = from; i-- > to;) {
    auto count = static_cast<std::uint32_t>(counts[i]);
    if (count == 0) continue;
    const double a = adjoint[i];
    adjoint[i] = 0;
    if (a == 0) {
      partial -= count;
      argument -= count;
      continue;
    }
    do adjoint[*--argument] += *--partial * a;
    while (--count != 0);
  }
  arguments_ = static_cast<std::size_t>(partial - core_.scalars.partials());
}

// (As for a single column, what nobody depends on adds nothing, even where a partial is infinite.)
void Sweeper::sweep_statements_of_columns(Id from, Id to) {
  const auto chained = [](double partial) { return [partial](double a) { return chain(partial, a); }; };
  for (Id i = from; i-- > to;) {
    const auto count = static_cast<std::size_t>(core_.scalars.counts()[i]);
    if (count == 0) continue;
    Eigen::Map<Eigen::ArrayXd> a(scalar(i), columns_);
    for (std::size_t n = 0; n < count; ++n) {
      --arguments_;
      const double partial = core_.scalars.partials()[arguments_];
      Eigen::Map<Eigen::ArrayXd> u(scalar(core_.scalars.argument_ids()[arguments_]), columns_);
      if (std::isfinite(partial))
        u += partial * a;
      else
        u += a.unaryExpr(chained(partial));
      if (core_.tangents == 0 || a[0] == 0) continue;
      u.tail(core_.tangents) +=
          a[0] * Eigen::Map<const Eigen::ArrayXd>(core_.scalars.partial_tangents(arguments_), core_.tangents);
    }
    a.setZero();
  }
}

}  // namespace unroll::ad
