#pragma once

#include <memory>
#include <stdexcept>
#include <string>

/// What the library throws. Misuse throws and the message names the operation, its operands and their sizes;
/// a numerical outcome of a run (a step limit, an iterate that is not finite) is a value, see solver's
/// Status.
namespace unroll {

/// Base of every exception of the library. Constructed from a finished message, to which who lets it pass may
/// add where it happened.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  const char* what() const noexcept override {
    return placed_ ? placed_->c_str() : std::runtime_error::what();
  }
  void add(const std::string& place) { placed_ = std::make_shared<const std::string>(what() + place); }

 private:
  std::shared_ptr<const std::string> placed_{};
};

/// Two operands whose sizes do not fit: `matvec: A is 4x3, x has 5 entries`.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A taped variable used wrongly: of another tape, or of a tape that has been cleared.
class TapeError : public Error {
 public:
  using Error::Error;
};

/// A value outside the domain: NaN in an input, theta where the problem is not defined, an option out of its
/// range.
class DomainError : public Error {
 public:
  using Error::Error;
};

/// A file or a table that cannot be read: missing, empty, a ragged row, a cell that is no number (line and
/// column named).
class DataError : public Error {
 public:
  using Error::Error;
};

/// A computation that failed on valid input: a factorisation that met a pivot that is not positive.
class NumericalError : public Error {
 public:
  using Error::Error;
};

/// A derivative that the chosen method, or the given problem, cannot give.
class UnsupportedError : public Error {
 public:
  using Error::Error;
};

}  // namespace unroll
