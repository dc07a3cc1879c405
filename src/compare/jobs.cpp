#include "unroll/compare/jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "unroll/compare/csv.hpp"
#include "unroll/compare/staged_output.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

fs::path partial_of(const fs::path& file) { return file.string() + ".partial"; }

/// Adds the rows of a table on disk, if there is one, to those of their keys.
void read_rows(const fs::path& file, const Row& header, std::size_t key_size,
               std::map<Row, std::vector<Row>>& rows) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  std::vector<Row> table = read_csv_cells(file);
  if (table.front() != header) {
    throw DataError(fmt::format("{}: is another table, its columns are {}, not {}; move it away",
                                file.string(), fmt::join(table.front(), ","), fmt::join(header, ",")));
  }
  std::map<Row, std::vector<Row>> found;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const auto end = table[i].begin() + static_cast<std::ptrdiff_t>(std::min(key_size, table[i].size()));
    found[Row(table[i].begin(), end)].push_back(std::move(table[i]));
  }
  rows.merge(found);
}

/// What is done, what is to do, and where it is saved. Locked by its user.
class Ledger {
 public:
  Ledger(const Row& header, const std::vector<Job>& jobs, fs::path file)
      : header_(header), jobs_(jobs), file_(std::move(file)), rows_(jobs.size()) {
    std::map<Row, std::vector<Row>> known;
    const std::size_t key_size = jobs.empty() ? 0 : jobs.front().key.size();
    if (!file_.empty()) {
      read_rows(file_, header, key_size, known);
      read_rows(partial_of(file_), header, key_size, known);
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const auto reused = known.find(jobs[i].key);
      if (reused == known.end()) {
        open_.push_back(i);
      } else {
        rows_[i] = std::move(reused->second);
      }
    }
    reused_ = jobs.size() - open_.size();
    done_ = reused_;
  }

  /// The next job to run, if there is one.
  std::optional<std::size_t> take() {
    if (next_ == open_.size()) return std::nullopt;
    return open_[next_++];
  }

  void enter(std::size_t job, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      Row whole = jobs_[job].key;
      whole.insert(whole.end(), row.begin(), row.end());
      if (whole.size() != header_.size()) {
        throw ShapeError(fmt::format("run_jobs: a row of job {} has {} cells, the header {}", job,
                                     whole.size(), header_.size()));
      }
      rows_[job].push_back(std::move(whole));
    }
    ++done_;
  }

  JobProgress progress() const {
    const std::size_t now = done_ - reused_;
    std::optional<double> left;
    if (now > 0)
      left = seconds_since(start_) / static_cast<double>(now) * static_cast<double>(jobs_.size() - done_);
    return {done_, reused_, jobs_.size(), left};
  }

  void save_partial(double least_seconds) {
    if (file_.empty() || seconds_since(saved_) < least_seconds) return;
    replace_file(partial_of(file_), to_csv(header_, rows_));
    saved_ = Clock::now();
  }

  std::vector<Row> finish() {
    if (!file_.empty()) {
      replace_file(file_, to_csv(header_, rows_));
      std::error_code ignored;
      fs::remove(partial_of(file_), ignored);
    }
    std::vector<Row> all;
    for (auto& rows : rows_) std::move(rows.begin(), rows.end(), std::back_inserter(all));
    return all;
  }

 private:
  static std::string to_csv(const Row& header, const std::vector<std::vector<Row>>& rows) {
    std::string text = csv_line(header);
    for (const auto& of_job : rows)
      for (const Row& row : of_job) text += csv_line(row);
    return text;
  }

  const Row& header_;
  const std::vector<Job>& jobs_;
  fs::path file_;
  std::vector<std::vector<Row>> rows_;  // of each job
  std::vector<std::size_t> open_;       // jobs to run
  std::size_t next_ = 0, done_ = 0, reused_ = 0;
  Clock::time_point start_ = Clock::now(), saved_ = start_;
};

/// Runs jobs until there are none left, or one has failed on any thread.
void work(Ledger& ledger, const std::vector<Job>& jobs, const JobOptions& options, std::mutex& mutex,
          std::exception_ptr& failure) {
  std::unique_lock lock(mutex);
  while (!failure) {
    const std::optional<std::size_t> job = ledger.take();
    if (!job) return;
    try {
      lock.unlock();
      const std::vector<Row> rows = jobs[*job].run();
      lock.lock();
      ledger.enter(*job, rows);
      ledger.save_partial(options.save_seconds);
      if (options.progress) options.progress(ledger.progress());
    } catch (...) {
      if (!lock.owns_lock()) lock.lock();
      if (!failure) failure = std::current_exception();
    }
  }
}

void check(const std::vector<Job>& jobs, const JobOptions& options) {
  if (options.threads < 1) throw DomainError(fmt::format("run_jobs: threads is {}", options.threads));
  std::set<Row> keys;
  for (const Job& job : jobs) {
    if (!keys.insert(job.key).second || job.key.size() != jobs.front().key.size())
      throw DomainError(fmt::format("run_jobs: the key {} is not one of its own", fmt::join(job.key, ",")));
  }
}

}  // namespace

std::vector<Row> run_jobs(const Row& header, const std::vector<Job>& jobs, const fs::path& file,
                          const JobOptions& options) {
  check(jobs, options);
  Ledger ledger(header, jobs, file);
  std::mutex mutex;
  std::exception_ptr failure;
  std::vector<std::jthread> threads;
  for (Index i = 1; i < options.threads; ++i)
    threads.emplace_back([&] { work(ledger, jobs, options, mutex, failure); });
  work(ledger, jobs, options, mutex, failure);
  threads.clear();  // joins
  if (failure) {
    ledger.save_partial(0);
    std::rethrow_exception(failure);
  }
  return ledger.finish();
}

}  // namespace unroll
