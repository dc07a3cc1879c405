#include "unroll/mpi/batch.hpp"

#include <fmt/format.h>

#include <string>

#include "errors.hpp"
#include "unroll/error.hpp"

namespace unroll::mpi::detail {

namespace {

// An outcome as numbers: the kind of its error, 0 for none, rows and columns of what follows, which is the
// matrix or the letters of the message.
constexpr Index header = 3;

void append(const Outcome<Matrix>& outcome, std::vector<double>& numbers) {
  const int kind = kind_of(outcome.exception);
  if (kind == 0) {
    const Matrix& m = *outcome.result;
    numbers.insert(numbers.end(), {0.0, static_cast<double>(m.rows()), static_cast<double>(m.cols())});
    numbers.insert(numbers.end(), m.data(), m.data() + m.size());
  } else {
    numbers.insert(numbers.end(),
                   {static_cast<double>(kind), static_cast<double>(outcome.error.size()), 1.0});
    for (const char c : outcome.error) numbers.push_back(static_cast<double>(static_cast<unsigned char>(c)));
  }
}

/// Reads one, and returns where the next begins.
const double* read(const double* numbers, Outcome<Matrix>& outcome) {
  const auto kind = static_cast<int>(numbers[0]);
  const auto rows = static_cast<Index>(numbers[1]), cols = static_cast<Index>(numbers[2]);
  const double* const content = numbers + header;
  if (kind == 0) {
    outcome.result = Eigen::Map<const Matrix>(content, rows, cols);
  } else {
    for (Index i = 0; i < rows; ++i)
      outcome.error.push_back(static_cast<char>(static_cast<unsigned char>(content[i])));
    outcome.exception = exception_of(kind, outcome.error);
  }
  return content + rows * cols;
}

}  // namespace

std::vector<Outcome<Matrix>> matrix_batch(const Communicator& comm, Index count,
                                          const std::function<Matrix(Index)>& f) {
  comm.agree("batch", Fingerprint().add(count), [&] {
    if (count < 0) throw DomainError(fmt::format("{} items", count));
  });
  const Index ranks = comm.size();
  const Index mine = (count - comm.rank() + ranks - 1) / ranks;
  const auto outcomes = unroll::batch(mine, [&](Index i) { return f(comm.rank() + i * ranks); });
  std::vector<double> numbers;
  for (const Outcome<Matrix>& outcome : outcomes) append(outcome, numbers);

  std::vector<Outcome<Matrix>> all(static_cast<std::size_t>(count));
  const std::vector<std::vector<double>> parts = comm.gather(numbers);
  for (Index r = 0; r < ranks; ++r) {
    const double* next = parts[static_cast<std::size_t>(r)].data();
    for (Index i = r; i < count; i += ranks) next = read(next, all[static_cast<std::size_t>(i)]);
  }
  return all;
}

}  // namespace unroll::mpi::detail
