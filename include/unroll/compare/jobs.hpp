#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "unroll/types.hpp"

/// Tables that take long to compute: in pieces, over threads, into a CSV file, and again from where an
/// interrupted run stopped.
namespace unroll {

/// The cells of a row.
using Row = std::vector<std::string>;

/// A piece of the work: the rows that begin with its key.
struct Job {
  Row key;                                // no two jobs have the same
  std::function<std::vector<Row>()> run;  // the cells after the key, row by row, at least one row; may be
                                          // called from any thread, and must not depend on when or where
};

/// How far run_jobs is.
struct JobProgress {
  std::size_t done;                    // jobs, the reused ones included
  std::size_t reused;                  // jobs whose rows a file held already
  std::size_t all;                     // jobs
  std::optional<double> seconds_left;  // at the pace so far; none before the first one is done
};

/// How run_jobs runs.
struct JobOptions {
  Index threads = 1;        // ≥ 1
  double save_seconds = 1;  // at least so long between two savings
  std::function<void(const JobProgress&)> progress =
      {};  // called after each job, never by two threads at once
};

/// Runs the jobs that `file` does not hold already and returns all rows, job by job in the order given,
/// whatever the number of threads. The file is then exactly these rows below the header; it is replaced as a
/// whole, at the end. Meanwhile whole jobs gather in `file`.partial, from which, as from `file` itself, a
/// later call with the same keys takes them instead of running them: what decides the rows belongs in the
/// key. With an empty `file` nothing is read or written. If a job throws, the others that have begun end, all
/// that is done is saved, and the exception goes on.
/// @throws DomainError if two jobs have the same key or threads < 1, ShapeError if a row does not fit the
/// header, DataError if one of the two files cannot be written, or exists and is another table.
std::vector<Row> run_jobs(const Row& header, const std::vector<Job>& jobs, const std::filesystem::path& file,
                          const JobOptions& options = {});

}  // namespace unroll
