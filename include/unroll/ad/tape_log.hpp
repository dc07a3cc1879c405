#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "unroll/ad/tape.hpp"

namespace unroll {

/// An operation that made a NaN or an infinity out of finite numbers.
struct NonFinite {
  std::string operation;  // as TapeLog prints it: `a7 = log(a3)`, `the pullback of a7 = log(a3)`
  Index entry = 0;        // of its result; of a pullback, of the operand's adjoint
  double value = 0;       // NaN, ∞ or −∞
  std::string str() const;
};

/// Watches a tape: what is recorded, by the names of the rules, and what a sweep does.
///
///   Tape tape;
///   const TapeLog log(tape);                // before anything is recorded
///   const Var y = f(tape.input(x0));
///   std::cout << log;                       // a2 = ApplyConstant(a1), 3 entries …
///   if (const auto made = log.first_non_finite()) std::cout << made->str();
///
/// Arrays are called a1, a2, …, scalars s1, s2, …. Scalar operations are linear in their operands once they
/// are recorded: `s5 = 0.5 s1 + 2 s3` has the partial derivatives 0.5 and 2.
class TapeLog final : public ad::NodeLog {
 public:
  /// @throws TapeError unless nothing is recorded on the tape, and no other log watches it.
  explicit TapeLog(Tape& tape);
  ~TapeLog() override;
  TapeLog(const TapeLog&) = delete;
  TapeLog& operator=(const TapeLog&) = delete;

  /// A line for every operation, in order.
  std::string str() const;
  /// The graph in Graphviz's language: `dot -Tsvg`.
  std::string graphviz() const;
  /// The first operation that gave a NaN or an infinity.
  std::optional<NonFinite> first_non_finite() const { return forwards_; }
  /// The first operation whose pullback did, in the last sweep.
  std::optional<NonFinite> first_non_finite_adjoint() const { return backwards_; }

  // For the engine.
  /// @cond engine
  void recorded(const char* type, bool is_scalar, ad::Id output, std::size_t entries, const double* value,
                std::span<const ad::LoggedOperand> operands) override;
  void pulled(std::size_t node, ad::Sweeper& sweeper, bool already) override;
  void forgotten() noexcept override;
  /// @endcond

 private:
  struct Operation {
    std::string name;
    bool is_scalar;
    ad::Id output;
    Index entries;
    ad::Id statements;  // recorded before it
    std::vector<ad::LoggedOperand> operands;
  };
  std::string line(const Operation& operation) const;
  /// Scalar operations `from` … `to` − 1, from that argument on, which then is the next.
  std::string statements(ad::Id from, ad::Id to, std::size_t& argument) const;
  /// The last scalar operation before `to` with a partial derivative that is not finite.
  std::string infinite_statement(ad::Id to) const;

  ad::TapeCore& core_;
  std::uint32_t epoch_;
  std::vector<Operation> operations_;
  std::optional<NonFinite> forwards_, backwards_;
};

std::ostream& operator<<(std::ostream& out, const TapeLog& log);

}  // namespace unroll
