#include "unroll/ad/tape_log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <ostream>
#include <string_view>

#include "unroll/ad/functions.hpp"
#include "unroll/error.hpp"

namespace unroll {

namespace ad {

const char* name_of(Function f) {
  static constexpr const char* names[] = {
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) #name,
#include "unroll/ad/function_list.hpp"
  };
  return names[static_cast<std::size_t>(f)];
}

namespace {

std::string name_of_operand(bool is_scalar, Id id) { return fmt::format("{}{}", is_scalar ? 's' : 'a', id); }

}  // namespace
}  // namespace ad

std::string NonFinite::str() const {
  return fmt::format("{} made {} of finite numbers, in entry {}", operation, value, entry);
}

TapeLog::TapeLog(Tape& tape) : core_(tape.core()), epoch_(core_.epoch) {
  if (core_.log != nullptr) throw TapeError("tape log: another log watches the tape");
  if (core_.node_count > 0 || core_.scalars.size() > 1)
    throw TapeError("tape log: something is recorded already; a log is made before that, or after clear()");
  core_.log = this;
}

TapeLog::~TapeLog() {
  if (core_.log == this) core_.log = nullptr;
}

void TapeLog::forgotten() noexcept {
  epoch_ = core_.epoch;
  operations_.clear();
  forwards_.reset();
  backwards_.reset();
}

void TapeLog::recorded(const char* type, bool is_scalar, ad::Id output, std::size_t entries,
                       const double* value, std::span<const ad::LoggedOperand> operands) {
  operations_.push_back({name != nullptr ? name : ad::rule_name(type),
                         is_scalar,
                         output,
                         static_cast<Index>(entries),
                         core_.scalars.size() - (is_scalar ? static_cast<ad::Id>(entries) : 0),
                         {operands.begin(), operands.end()}});
  if (forwards_) return;
  for (const ad::LoggedOperand& operand : operands)
    if (operand.is_scalar && !std::isfinite(operand.value)) {
      forwards_ = {operand.id == 0 ? "a constant" : fmt::format("the scalar operation s{}", operand.id), 0,
                   operand.value};
      return;
    }
  for (std::size_t i = 0; i < entries; ++i)
    if (!std::isfinite(value[i])) {
      forwards_ = {line(operations_.back()), static_cast<Index>(i), value[i]};
      return;
    }
}

void TapeLog::pulled(std::size_t node, ad::Sweeper& sweeper, bool already) {
  if (node + 1 == core_.node_count && !already) backwards_.reset();  // another sweep
  if (backwards_ || node >= operations_.size()) return;
  const Operation& operation = operations_[node];
  // The first entry of an adjoint that is not finite, if there is one.
  const auto look = [&](bool is_scalar, ad::Id id, Index entries) -> std::optional<std::pair<Index, double>> {
    if (id == 0) return {};
    const auto in = [&](const auto& block) -> std::optional<std::pair<Index, double>> {
      for (Index i = 0; i < block.rows(); ++i)
        for (Index j = 0; j < block.cols(); ++j)
          if (!std::isfinite(block(i, j))) return std::pair{i, block(i, j)};
      return {};
    };
    if (is_scalar) return in(ad::Block(sweeper.scalar(id), entries, sweeper.columns()));
    const ad::Sweeper::Adjoint adjoint = sweeper.peek(id);
    if (adjoint.buffer == nullptr) return {};
    const ad::ScaledBlock view = sweeper.view(adjoint, entries);
    return in((view.scale * view.block).eval());
  };
  if (!already) {  // then it is what came after that made it
    if (const auto found = look(operation.is_scalar, operation.output, operation.entries))
      backwards_ = {infinite_statement(core_.scalars.size()), found->first, found->second};
    return;
  }
  for (const ad::LoggedOperand& operand : operation.operands)
    if (const auto found = look(operand.is_scalar, operand.id, operand.entries)) {
      backwards_ = {"the pullback of " + line(operation), found->first, found->second};
      return;
    }
}

std::string TapeLog::infinite_statement(ad::Id to) const {
  const ad::Statements& scalars = core_.scalars;
  std::size_t argument = scalars.arguments();
  for (ad::Id id = scalars.size(); id-- > 1;) {
    const auto count = static_cast<std::size_t>(scalars.counts()[id]);
    argument -= count;
    for (std::size_t i = 0; i < count; ++i)
      if (id < to && scalars.argument_ids()[argument + i] != 0 &&
          !std::isfinite(scalars.partials()[argument + i]))
        return fmt::format("the scalar operation s{}, its partial derivative in s{},", id,
                           scalars.argument_ids()[argument + i]);
  }
  return "the seed, or a sum of adjoints,";
}

std::string TapeLog::line(const Operation& operation) const {
  std::vector<std::string> operands;
  for (const ad::LoggedOperand& operand : operation.operands)
    operands.push_back(operand.id == 0 ? "constant" : ad::name_of_operand(operand.is_scalar, operand.id));
  const std::string last =
      operation.is_scalar && operation.entries > 1
          ? fmt::format("…s{}", operation.output + static_cast<ad::Id>(operation.entries) - 1)
          : "";
  return fmt::format("{}{} = {}({})", ad::name_of_operand(operation.is_scalar, operation.output), last,
                     operation.name, fmt::join(operands, ", "));
}

std::string TapeLog::statements(ad::Id from, ad::Id to, std::size_t& argument) const {
  const ad::Statements& scalars = core_.scalars;
  std::string text;
  for (ad::Id id = from; id < to; ++id) {
    const auto count = static_cast<std::size_t>(scalars.counts()[id]);
    if (count == 0) {
      text += fmt::format("s{} is an input\n", id);
      continue;
    }
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < count; ++i, ++argument)
      if (const ad::Id variable = scalars.argument_ids()[argument]; variable != 0)
        terms.push_back(fmt::format("{} s{}", scalars.partials()[argument], variable));
    text += fmt::format("s{} = {}\n", id,
                        terms.empty() ? "constant" : fmt::format("{}", fmt::join(terms, " + ")));
  }
  return text;
}

std::string TapeLog::str() const {
  if (!core_.is_at(epoch_)) throw TapeError("tape log: the tape is gone");
  std::string text;
  for (const auto& input : core_.inputs) text += fmt::format("a{} is an input\n", input.id);
  ad::Id next = 1;
  std::size_t argument = 0;
  for (const Operation& operation : operations_) {
    text += statements(next, operation.statements, argument);
    text += fmt::format("{}, {} {}\n", line(operation), operation.entries,
                        operation.entries == 1 ? "entry" : "entries");
    next = operation.is_scalar ? operation.statements + static_cast<ad::Id>(operation.entries)
                               : operation.statements;
  }
  return text + statements(next, core_.scalars.size(), argument);
}

std::string TapeLog::graphviz() const {
  if (!core_.is_at(epoch_)) throw TapeError("tape log: the tape is gone");
  std::string text = "digraph tape {\n  rankdir=BT;\n  node [shape=box];\n";
  for (const auto& input : core_.inputs)
    text += fmt::format("  a{0} [label=\"a{0}\", shape=ellipse];\n", input.id);
  const auto edge = [&](bool is_scalar, ad::Id from, const std::string& to, const std::string& label) {
    if (from != 0)
      text += fmt::format("  {} -> {}{};\n", ad::name_of_operand(is_scalar, from), to,
                          label.empty() ? "" : fmt::format(" [label=\"{}\"]", label));
  };
  for (const Operation& operation : operations_) {
    const std::string output = ad::name_of_operand(operation.is_scalar, operation.output);
    text += fmt::format("  {0} [label=\"{0} {1}\\n{2}\"];\n", output, operation.name, operation.entries);
    for (const ad::LoggedOperand& operand : operation.operands)
      edge(operand.is_scalar, operand.id, output, "");
    if (operation.is_scalar)  // every scalar of an array hangs on it
      for (Index i = 1; i < operation.entries; ++i)
        edge(true, operation.output, fmt::format("s{}", operation.output + static_cast<ad::Id>(i)), "");
  }
  const ad::Statements& scalars = core_.scalars;
  std::size_t argument = 0;
  for (ad::Id id = 1; id < scalars.size(); ++id)
    for (auto count = static_cast<std::size_t>(scalars.counts()[id]); count-- > 0; ++argument)
      edge(true, scalars.argument_ids()[argument], fmt::format("s{}", id),
           fmt::format("{:.3g}", scalars.partials()[argument]));
  return text + "}\n";
}

std::ostream& operator<<(std::ostream& out, const TapeLog& log) { return out << log.str(); }

}  // namespace unroll
