#include "unroll/mpi/jacobian.hpp"

#include <algorithm>

namespace unroll::mpi::detail {

Derivative jacobian(const Communicator& comm, Index n, Index p,
                    const std::function<std::unique_ptr<Linearisation>(Index columns)>& linearise) {
  const bool forwards = p <= n;
  const Index all = forwards ? p : n, ranks = comm.size(), least = all / ranks, more = all % ranks;
  const auto first = [&](Index r) { return r * least + std::min(r, more); };
  const auto count = [&](Index r) { return least + (r < more ? 1 : 0); };

  const Index begin = first(comm.rank()), k = count(comm.rank());
  Derivative d;
  Matrix block;  // columns of ∂x_T, or of its transpose
  comm.agree("jacobian", Fingerprint().add(n).add(p), [&] {
    const auto run = linearise(std::max<Index>(k, 1));
    if (k > 0) {
      const Matrix identity = Matrix::Identity(all, all).middleCols(begin, k);
      block = forwards ? run->push(identity) : run->pull(identity).theta;
    }
    static_cast<RunRecord&>(d) = run->record();
  });
  comm.agree("jacobian's run", Fingerprint().add({d.x.data(), static_cast<std::size_t>(d.x.size())}));
  const std::vector<std::vector<double>> blocks =
      comm.gather({block.data(), static_cast<std::size_t>(block.size())});
  d.dx.resize(n, p);
  for (Index r = 0; r < ranks; ++r) {
    const Eigen::Map<const Matrix> part(blocks[static_cast<std::size_t>(r)].data(), forwards ? n : p,
                                        count(r));
    if (forwards)
      d.dx.middleCols(first(r), count(r)) = part;
    else
      d.dx.middleRows(first(r), count(r)) = part.transpose();
  }
  return d;
}

}  // namespace unroll::mpi::detail
