#include "unroll/ad/tape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "unroll/error.hpp"

namespace unroll {

Tape::Tape(Index tangents, Kind kind) : core_(nullptr) {
  if (tangents < 0) throw ShapeError(fmt::format("tape: {} tangents", tangents));
  core_ = kind == Kind::along ? ad::TapeCore::acquire(2 * tangents + 1, 1 + tangents, 0)
                              : ad::TapeCore::acquire(tangents, 0, kind == Kind::curvature ? 1 : 0);
}

Tape::~Tape() {
  std::size_t& most = TapeMeter::most();
  most = std::max(most, statistics().bytes());
  ad::TapeCore::give_back(core_);
}

std::size_t& TapeMeter::most() {
  static thread_local std::size_t bytes = 0;
  return bytes;
}

void Tape::refer_to(const void* object, std::size_t bytes, bool watches) {
  const auto* const begin = static_cast<const std::byte*>(object);
  core_->owned.push_back({begin, begin + bytes, watches});
}

void Tape::clear() { core_->reset(std::abs(core_->ray)); }
void Tape::shrink() { core_->free_memory(std::abs(core_->ray)); }
bool Tape::turn_rays() {
  if (!core_->met_ray || core_->ray < 0) return false;
  core_->reset(-1);
  return true;
}
void Tape::leave_rays() { core_->reset(0); }

namespace {

// A new input array with room for its tangents.
VarArray new_input(ad::TapeCore& core, const double* value, ad::Shape shape) {
  const Index size = shape.size();
  ad::Buffer* const buffer = core.allocate(static_cast<std::size_t>(size * core.columns()));
  std::copy_n(value, size, buffer->data);
  std::fill_n(buffer->data + size, size * core.tangents, 0.0);
  const VarArray input(&core, buffer, core.new_array(), shape);
  input.retain();  // until clear(), so that its id always finds its value
  core.inputs.push_back({input.id(), buffer});
  return input;
}

}  // namespace

VarVector Tape::input(const Vector& value) { return input(Eigen::Ref<const Vector>(value)); }
VarVector Tape::input(const Eigen::Ref<const Vector>& value) {
  return VarVector(new_input(*core_, value.data(), {value.size(), 1}));
}

VarVector Tape::constant_at(const Eigen::Map<const Vector>& value) {
  return VarVector(VarArray(core_, core_->refer(value.data()), 0, {value.size(), 1}));
}

VarMatrix Tape::constant_at(const Eigen::Map<const Matrix>& value) {
  return VarMatrix(VarArray(core_, core_->refer(value.data()), 0, {value.rows(), value.cols()}));
}

VarVector Tape::input_at(const Eigen::Map<const Vector>& value) {
  const VarArray input(core_, core_->refer(value.data()), core_->new_array(), {value.size(), 1});
  core_->inputs.push_back({input.id(), input.buffer()});
  return VarVector(input);
}

VarMatrix Tape::input(const Matrix& value) {
  return VarMatrix(new_input(*core_, value.data(), {value.rows(), value.cols()}));
}

VarVector Tape::input(const Eigen::Ref<const Vector>& value, const Eigen::Ref<const Matrix>& tangents) {
  if (tangents.rows() != value.size() || tangents.cols() != core_->tangents)
    throw ShapeError(fmt::format("input: tangents are {}x{}, not {}x{}", tangents.rows(), tangents.cols(),
                                 value.size(), core_->tangents));
  VarVector x = input(value);
  ad::Block(x.buffer()->data + value.size(), tangents.rows(), tangents.cols()) = tangents;
  return x;
}

VarVector Tape::input(const Eigen::Ref<const Vector>& value, const Eigen::Ref<const Matrix>& tangents,
                      const Eigen::Ref<const Vector>& along) {
  if (core_->half == 0) throw TapeError("input: the tape carries no further direction (see Tape::along)");
  const Index k = core_->half - 1;
  if (tangents.rows() != value.size() || tangents.cols() != k || along.size() != value.size())
    throw ShapeError(
        fmt::format("input: tangents are {}x{}, the further direction has {} entries, not {}x{} and {}",
                    tangents.rows(), tangents.cols(), along.size(), value.size(), k, value.size()));
  VarVector x = input(value);
  double* const after = x.buffer()->data + value.size();
  ad::Block(after, value.size(), k) = tangents;
  Eigen::Map<Vector>(after + value.size() * k, value.size()) = along;
  return x;
}

Var Tape::input(double value) {
  const ad::Id id = core_->scalars.push_empty(1);
  if (core_->tangents > 0) {
    std::fill_n(core_->scalars.block(id), core_->columns(), 0.0);
    core_->scalars.block(id)[0] = value;
  }
  core_->input_scalars.push_back(id);
  return Var(core_, id, value);
}

Index Tape::checked_columns(Index seeds) const {
  if (core_->tangents > 0 && seeds != core_->columns())
    throw ShapeError(fmt::format("sweep: {} seeds, but a tape with {} tangents takes {}", seeds,
                                 core_->tangents, core_->columns()));
  return seeds;
}

Sweep Tape::sweep(const VarArray& y, const Matrix& seeds) const {
  const Seed seed{y, seeds};
  return sweep(std::span<const Seed>(&seed, 1));
}

Sweep Tape::sweep(std::span<const Seed> seeds) const {
  if (seeds.empty()) throw TapeError("sweep: from nothing");
  const Index columns = checked_columns(seeds.front().cotangents.cols());
  for (const Seed& seed : seeds) {
    if (seed.y.is_constant()) throw TapeError("sweep: from a constant, which no input of the tape reaches");
    core_->check_of(seed.y, "sweep");
    if (seed.cotangents.rows() != seed.y.size())
      throw ShapeError(fmt::format("sweep: y has {} entries, seeds are {}x{}", seed.y.size(),
                                   seed.cotangents.rows(), seed.cotangents.cols()));
    if (seed.cotangents.cols() != columns)
      throw ShapeError(fmt::format("sweep: seeds of {} and {} columns", columns, seed.cotangents.cols()));
  }
  if (!core_->referred.empty()) core_->check_referred();
  ad::Sweeper::Owner sweeper = ad::Sweeper::over(*core_, columns);
  for (const Seed& seed : seeds) {
    ad::Into into{};
    const ad::Block adjoint = sweeper->writable(seed.y.id(), seed.y.size(), into);
    ad::add(adjoint, {seed.cotangents.data(), seed.y.size(), columns}, 1, into);
  }
  sweeper->run();
  return Sweep(std::move(sweeper), seeds.front().y.epoch());
}

Sweep Tape::sweep(const Var& y, const Eigen::RowVectorXd& seeds) const {
  return sweep_scalar(y, {seeds.data(), static_cast<std::size_t>(seeds.size())}, seeds.size());
}

Sweep Tape::sweep(const Var& y) const {
  const double one = 1;
  return sweep_scalar(y, {&one, 1}, core_->columns());
}

Sweep Tape::sweep_for_tangents(const Var& y) const {
  const double one = 1;
  return sweep_scalar(y, {&one, 1}, core_->columns(), true);
}

// The seeds of the other columns are zero.
Sweep Tape::sweep_scalar(const Var& y, std::span<const double> seeds, Index columns,
                         bool for_tangents) const {
  if (y.is_constant()) throw TapeError("sweep: from a constant, which no input of the tape reaches");
  core_->check_of(y, "sweep");
  ad::Sweeper::Owner sweeper = ad::Sweeper::over(*core_, checked_columns(columns));
  if (for_tangents) sweeper->ask_for_tangents_alone();
  std::copy(seeds.begin(), seeds.end(), sweeper->scalar(y.id()));
  sweeper->run();
  return Sweep(std::move(sweeper), y.epoch());
}

template <class T>
void Sweep::check(const T& x, bool is_input) const {
  sweeper_->core().check(epoch_, "adjoint");
  sweeper_->core().check_of(x, "adjoint");
  if (!is_input) throw TapeError("adjoint: of a variable that is not an input of the tape");
}

Matrix Sweep::adjoint(const VarArray& x) const {
  Matrix adjoint(x.size(), sweeper_->columns());
  adjoint_into(x, 0, {adjoint.data(), adjoint.rows(), adjoint.cols()});
  return adjoint;
}

void Sweep::adjoint_into(const VarArray& x, Index first, ad::Block out) const {
  const auto& inputs = sweeper_->core().inputs;
  const auto found = std::lower_bound(inputs.begin(), inputs.end(), x.id(),
                                      [](const auto& input, ad::Id id) { return input.id < id; });
  // (x + constant has the id of x, but another value.)
  check(x, found != inputs.end() && found->id == x.id() && found->buffer == x.buffer());
  const ad::Sweeper::Adjoint adjoint = sweeper_->peek(x.id());
  if (adjoint.buffer == nullptr)
    out.setZero();
  else
    ad::add(out, {adjoint.buffer->data + first * x.size(), x.size(), out.cols()}, adjoint.scale,
            ad::Into::assign);
}

Eigen::RowVectorXd Sweep::adjoint(const Var& x) const {
  const auto& inputs = sweeper_->core().input_scalars;
  // Mostly they were all there before all else.
  const std::size_t likely = inputs.empty() ? 0 : x.id() - inputs.front();
  check(x, (likely < inputs.size() && inputs[likely] == x.id()) ||
               std::binary_search(inputs.begin(), inputs.end(), x.id()));
  if (!sweeper_->has_scalar(x.id())) return Eigen::RowVectorXd::Zero(sweeper_->columns());
  return sweeper_->scalar_block(x.id());
}

TapeStatistics Tape::statistics() const {
  const ad::TapeCore& core = *core_;
  TapeStatistics s;
  s.nodes = core.node_count;
  s.statements = core.scalars.size() - 1;
  s.arguments = core.scalars.arguments();
  s.node_bytes = core.nodes.used_bytes();
  s.scalar_bytes = core.scalars.used_bytes();
  s.value_bytes = core.values.used_bytes() + core.headers.used_bytes() - core.free_bytes;
  s.reserved_bytes = core.nodes.reserved_bytes() + core.scalars.reserved_bytes() +
                     core.values.reserved_bytes() + core.headers.reserved_bytes();
  return s;
}

// ---- constants that belong to no tape

VarArray::VarArray(const double* data, ad::Shape shape)
    : extent_(shape) {  // which may refuse the shape: before anything is allocated
  // The entries behind their header, in one piece of memory.
  void* const memory =
      ::operator new(sizeof(ad::Buffer) + sizeof(double) * static_cast<std::size_t>(shape.size()));
  buffer_ = new (memory)
      ad::Buffer{reinterpret_cast<double*>(static_cast<std::byte*>(memory) + sizeof(ad::Buffer)), 1, 0};
  if (data != nullptr)
    std::copy_n(data, shape.size(), buffer_->data);
  else
    std::fill_n(buffer_->data, shape.size(), 0.0);
}

void VarArray::release_constant() noexcept {
  if (std::atomic_ref(buffer_->references).fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  ::operator delete(buffer_);
}

}  // namespace unroll
