#include "compare/memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "unroll/error.hpp"

namespace unroll {

void check_memory(std::string_view what, double bytes) {
  const double has =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (has <= 0 || bytes <= has) return;
  throw DataError(fmt::format("{} would take {:.3g} GB of memory, this machine has {:.3g} GB", what,
                              bytes / 1e9, has / 1e9));
}

}  // namespace unroll
