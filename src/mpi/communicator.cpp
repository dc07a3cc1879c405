#include "unroll/mpi/communicator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <exception>
#include <limits>
#include <string>
#include <thread>

#include "errors.hpp"
#include "unroll/derivative/batch.hpp"
#include "unroll/error.hpp"

namespace unroll::mpi {

namespace {

/// By default MPI itself ends the program on its own errors; where its user chose otherwise it is one of
/// ours.
void check(int code, const char* operation) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Error(fmt::format("mpi: {}: {}", operation, text.data()));
}

using Numbers = Eigen::Map<Vector>;

/// sum = the first of `parts` vectors, which lie one after the other, + the second + …
void add_in_order(const double* numbers, Index parts, Numbers sum) {
  sum = Eigen::Map<const Vector>(numbers, sum.size());
  for (Index r = 1; r < parts; ++r) sum += Eigen::Map<const Vector>(numbers + r * sum.size(), sum.size());
}

/// Sums of more numbers, times ranks, send every rank its slice to add up; those of fewer save one of the two
/// messages, and send everything to all. Both add in order of ranks. (Open MPI in shared memory gains from
/// slices from here on; a network sooner.)
constexpr Index most_to_all = 1 << 14;
constexpr Index most_at_once = 1 << 20;  // numbers of one message, whose count is an int

}  // namespace

Fingerprint& Fingerprint::add(std::string_view words) {
  for (const char c : words) mix(static_cast<unsigned char>(c));
  return *this;
}

Fingerprint& Fingerprint::add(Index number) {
  mix(static_cast<std::uint64_t>(number));
  return *this;
}

Fingerprint& Fingerprint::add(std::span<const double> numbers) {
  for (const double x : numbers) mix(std::bit_cast<std::uint64_t>(x));
  return *this;
}

void Fingerprint::mix(std::uint64_t bits) {
  hash_ = (hash_ ^ bits) * 0x9fb21c651e98df25U;
  hash_ ^= hash_ >> 32;
}

struct Communicator::State {
  MPI_Comm comm;
  int rank = 0, size = 1;
  std::thread::id owner = std::this_thread::get_id();
  std::vector<double> buffer{};

  void check_thread(std::string_view operation) const {
    if (std::this_thread::get_id() == owner) return;
    throw UnsupportedError(fmt::format(
        "mpi: {} on rank {} of {}: asked by another thread than made the communicator, and threads of "
        "different ranks would not meet; take threads = 1, and share a batch by mpi::batch",
        operation, rank, size));
  }
};

Communicator::Communicator(MPI_Comm comm) {
  int is_running = 0, is_over = 0;
  MPI_Initialized(&is_running);
  MPI_Finalized(&is_over);
  if (is_running == 0 || is_over != 0)
    throw Error(
        "mpi: a communicator was asked for where MPI is not initialised: write main by unroll::mpi::run, or "
        "call MPI_Init before and MPI_Finalize after");
  state_ = std::make_shared<State>(State{.comm = comm});
  check(MPI_Comm_rank(comm, &state_->rank), "MPI_Comm_rank");
  check(MPI_Comm_size(comm, &state_->size), "MPI_Comm_size");
}

Index Communicator::rank() const { return state_->rank; }
Index Communicator::size() const { return state_->size; }

void Communicator::agree(std::string_view operation, const Fingerprint& what,
                         const std::function<void()>& attempt) const {
  const State& s = *state_;
  s.check_thread(operation);
  std::exception_ptr own;
  try {
    if (attempt) attempt();
  } catch (...) {
    if (s.size == 1) throw;
    own = std::current_exception();
  }
  if (s.size == 1) return;

  // Of every rank: the kind of its error, the length of its message, what it was asked.
  using Header = std::array<std::uint64_t, 3>;
  std::string message = own ? unroll::detail::message_of(own) : std::string();
  const Header mine{static_cast<std::uint64_t>(kind_of(own)), message.size(),
                    Fingerprint(what).add(operation).value()};
  std::vector<Header> all(static_cast<std::size_t>(s.size));
  check(MPI_Allgather(mine.data(), 3, MPI_UINT64_T, all.data(), 3, MPI_UINT64_T, s.comm), "MPI_Allgather");

  const auto failed = std::find_if(all.begin(), all.end(), [](const Header& h) { return h[0] != 0; });
  if (failed != all.end()) {
    const auto root = static_cast<int>(failed - all.begin());
    message.resize((*failed)[1]);
    check(MPI_Bcast(message.data(), static_cast<int>(message.size()), MPI_CHAR, root, s.comm), "MPI_Bcast");
    std::rethrow_exception(
        exception_of(static_cast<int>((*failed)[0]),
                     fmt::format("mpi: {} on rank {} of {}: {}", operation, root, s.size, message)));
  }
  const auto other = std::find_if(all.begin(), all.end(), [&](const Header& h) { return h[2] != all[0][2]; });
  if (other != all.end())
    throw DomainError(
        fmt::format("mpi: {} on rank {} of {}: rank {} asks for something else than rank 0, or at another "
                    "point; every rank "
                    "must run the same program with the same x_0, theta, options and random seed",
                    operation, s.rank, s.size, other - all.begin()));
}

void Communicator::sum(std::span<double> x) const {
  State& s = *state_;
  s.check_thread("sum");
  if (s.size == 1) return;
  const Index ranks = s.size;
  for (auto rest = x; !rest.empty();) {
    const auto piece = rest.first(std::min(rest.size(), static_cast<std::size_t>(most_at_once)));
    rest = rest.subspan(piece.size());
    const auto count = static_cast<Index>(piece.size());
    Numbers numbers(piece.data(), count);
    if (count * ranks <= most_to_all) {
      s.buffer.resize(static_cast<std::size_t>(ranks * count));
      const int n = static_cast<int>(count);
      check(MPI_Allgather(piece.data(), n, MPI_DOUBLE, s.buffer.data(), n, MPI_DOUBLE, s.comm),
            "MPI_Allgather");
      add_in_order(s.buffer.data(), ranks, numbers);
      continue;
    }
    const Index slice = (count + ranks - 1) / ranks;
    s.buffer.assign(static_cast<std::size_t>(2 * ranks * slice), 0.0);
    double* const sent = s.buffer.data();
    double* const received = sent + ranks * slice;
    Numbers(sent, count) = numbers;
    const int n = static_cast<int>(slice);
    check(MPI_Alltoall(sent, n, MPI_DOUBLE, received, n, MPI_DOUBLE, s.comm), "MPI_Alltoall");
    add_in_order(received, ranks, Numbers(sent, slice));
    check(MPI_Allgather(sent, n, MPI_DOUBLE, received, n, MPI_DOUBLE, s.comm), "MPI_Allgather");
    numbers = Numbers(received, count);
  }
}

std::vector<std::vector<double>> Communicator::gather(std::span<const double> x) const {
  const State& s = *state_;
  s.check_thread("gather");
  const auto ranks = static_cast<std::size_t>(s.size);
  const auto mine = static_cast<std::uint64_t>(x.size());
  std::vector<std::uint64_t> sizes(ranks);
  check(MPI_Allgather(&mine, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, s.comm), "MPI_Allgather");
  std::uint64_t all = 0;
  std::vector<int> counts, places;
  for (const std::uint64_t size : sizes) {
    counts.push_back(static_cast<int>(size));
    places.push_back(static_cast<int>(all));
    all += size;
  }
  if (all > static_cast<std::uint64_t>(std::numeric_limits<int>::max()))
    throw ShapeError(
        fmt::format("mpi: gather: {} numbers, of which MPI counts {} at most; gather fewer at once", all,
                    std::numeric_limits<int>::max()));
  std::vector<double> numbers(all);
  check(MPI_Allgatherv(x.data(), counts[static_cast<std::size_t>(s.rank)], MPI_DOUBLE, numbers.data(),
                       counts.data(), places.data(), MPI_DOUBLE, s.comm),
        "MPI_Allgatherv");
  std::vector<std::vector<double>> parts;
  for (std::size_t r = 0; r < ranks; ++r) {
    const auto first = numbers.begin() + places[r];
    parts.emplace_back(first, first + counts[r]);
  }
  return parts;
}

Rows rows_of_rank(Index m, const Communicator& comm) {
  const Index r = comm.rank(), ranks = comm.size();
  if (m < ranks)
    throw ShapeError(fmt::format("rows_of_rank: {} rows for {} ranks, and none may be left without: start {}",
                                 m, ranks, m > 0 ? fmt::format("{} at most", m) : "from data that has rows"));
  const Index least = m / ranks, more = m % ranks;  // the first `more` ranks have one more
  return {r * least + std::min(r, more), least + (r < more ? 1 : 0)};
}

}  // namespace unroll::mpi
