# The component unroll::mpi: each source on 1, 2 and 4 ranks, and programs of which one rank fails. All have a time limit: what
# must not happen is that a rank waits for ever.
file(GLOB sources RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS mpi/*_test.cpp)
add_executable(unroll_tests_mpi mpi/main.cpp ${sources})
add_executable(unroll_tests_mpi_ending mpi/ending.cpp)
foreach(target IN ITEMS unroll_tests_mpi unroll_tests_mpi_ending)
  unroll_test_target(${target})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE unroll::mpi)
endforeach()
target_link_libraries(unroll_tests_mpi PRIVATE doctest::doctest)
target_compile_definitions(unroll_tests_mpi PRIVATE UNROLL_DATA_DIR="${PROJECT_SOURCE_DIR}/examples/data"
                                                    DOCTEST_CONFIG_SUPER_FAST_ASSERTS)
if(UNROLL_PRECOMPILE_EIGEN AND NOT CMAKE_UNITY_BUILD)  # for one source it would be read twice
  target_precompile_headers(unroll_tests_mpi PRIVATE <doctest/doctest.h> <unroll/unroll.hpp>)
endif()

foreach(ranks IN ITEMS 1 2 4)
  unroll_on_ranks(${ranks} launcher)
  foreach(source IN LISTS sources)
    string(REGEX REPLACE "^mpi/(.*)_test\\.cpp$" "mpi.\\1.${ranks}" name ${source})
    add_test(NAME ${name} COMMAND ${launcher} $<TARGET_FILE:unroll_tests_mpi> --source-file=*${source})
    set_tests_properties(${name} PROPERTIES FAIL_REGULAR_EXPRESSION "test cases: +0 " TIMEOUT 300 PROCESSORS ${ranks})
  endforeach()
endforeach()

# Usage: add_ending_test(how ranks pattern)
function(add_ending_test how ranks pattern)
  unroll_on_ranks(${ranks} launcher)
  add_test(NAME mpi.ending.${how}
           COMMAND ${CMAKE_COMMAND} -D "PROGRAM=${launcher};$<TARGET_FILE:unroll_tests_mpi_ending>;${how}" -D "PATTERN=${pattern}" -P
                   ${CMAKE_CURRENT_SOURCE_DIR}/mpi/expect_end.cmake)
  set_tests_properties(mpi.ending.${how} PROPERTIES TIMEOUT 120 PROCESSORS ${ranks})
endfunction()
add_ending_test(throws 2 "rank 1 of 2 ends all: a file is missing")
add_ending_test(part 2 "mpi: gradient on rank 1 of 2: the data are gone")
add_ending_test(split 4 "rows_of_rank: 3 rows for 4 ranks")
add_ending_test(dies 2 "rank 1 .* on signal 9")
add_ending_test(leaves 2 "process rank 1 .*finalize")

# What docs/many_machines.md measures; built when it is asked for.
add_executable(unroll_bench_mpi EXCLUDE_FROM_ALL mpi/speed.cpp)
unroll_own_target(unroll_bench_mpi)
target_include_directories(unroll_bench_mpi PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(unroll_bench_mpi PRIVATE unroll::mpi)
