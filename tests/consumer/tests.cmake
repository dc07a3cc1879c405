# Builds and runs tests/consumer/ in each way that a stranger may use the library. The program is compiled without any flag
# of ours, whatever the library was compiled with.
set(consumer ${CMAKE_CURRENT_SOURCE_DIR}/consumer)
set(work ${CMAKE_CURRENT_BINARY_DIR}/consumer)
set(toolchain -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE})
if(CMAKE_MAKE_PROGRAM)
  list(APPEND toolchain -DCMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM})
endif()

# Usage: add_consumer_test(NAME directory options…); configures, builds and runs.
function(add_consumer_test name directory)
  add_test(NAME consumer.${name}
           COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${consumer} ${directory} --build-generator
                   ${CMAKE_GENERATOR} --build-noclean --build-options ${toolchain} ${ARGN}
                   --test-command ${directory}/unroll_consumer)
  set_tests_properties(consumer.${name} PROPERTIES LABELS consumer)
endfunction()

add_test(NAME consumer.install COMMAND ${CMAKE_COMMAND} -D BUILD=${PROJECT_BINARY_DIR} -D CONFIG=$<CONFIG> -D
                                       PREFIX=${work}/prefix -P ${consumer}/install.cmake)
set_tests_properties(consumer.install PROPERTIES LABELS consumer FIXTURES_SETUP consumer_prefix)

# The component mpi of the installed library: what docs/many_machines.md shows, as a project outside, on two ranks.
if(TARGET unroll::mpi)
  unroll_on_ranks(2 launcher)
  add_test(NAME consumer.mpi
           COMMAND ${CMAKE_COMMAND} -D PREFIX=${work}/prefix -D WORK=${work}/mpi -D ROOT=${PROJECT_SOURCE_DIR} -D
                   "TOOLCHAIN=-G;${CMAKE_GENERATOR};${toolchain}" -D "LAUNCHER=${launcher}" -P ${consumer}/mpi.cmake)
  set_tests_properties(consumer.mpi PROPERTIES LABELS consumer FIXTURES_REQUIRED consumer_prefix PROCESSORS 2 TIMEOUT 600)
endif()

# The packages: the tarball, and the .deb unpacked into a clean root, where README's program is built by what docs/start.md says.
set(packages ${work}/packages)
add_test(NAME consumer.package
         COMMAND ${CMAKE_COMMAND} -D BUILD=${PROJECT_BINARY_DIR} -D CONFIG=$<CONFIG> -D WORK=${packages} -D CPACK=${CMAKE_CPACK_COMMAND}
                 -D ROOT=${PROJECT_SOURCE_DIR} -P ${consumer}/package.cmake)
set_tests_properties(consumer.package PROPERTIES LABELS consumer FIXTURES_SETUP consumer_packages)

add_consumer_test(tarball ${work}/tarball -DCMAKE_PREFIX_PATH=${packages}/tgz)
set_tests_properties(consumer.tarball PROPERTIES FIXTURES_REQUIRED consumer_packages)

add_test(NAME consumer.deb
         COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${packages}/project ${packages}/build --build-generator ${CMAKE_GENERATOR}
                 --build-options ${toolchain} -DCMAKE_PREFIX_PATH=${packages}/deb/usr
                 --test-command ${CMAKE_COMMAND} -D PROGRAM=${packages}/build/mine -D PAGE=${PROJECT_SOURCE_DIR}/README.md -P
                 ${PROJECT_SOURCE_DIR}/cmake/expect_document.cmake)
set_tests_properties(consumer.deb PROPERTIES LABELS consumer FIXTURES_REQUIRED consumer_packages)

add_test(NAME consumer.pkg_config
         COMMAND ${CMAKE_COMMAND} -D PREFIX=${work}/prefix -D COMPILER=${CMAKE_CXX_COMPILER} -D
                 ROOT=${PROJECT_SOURCE_DIR} -D PROGRAM=${work}/pkg_config -P ${consumer}/pkg_config.cmake)
set_tests_properties(consumer.pkg_config PROPERTIES LABELS consumer FIXTURES_REQUIRED consumer_prefix
                                                    SKIP_REGULAR_EXPRESSION "consumer\\.pkg_config: skipped")

# The sources within another project: configured, and the program compiled; what it would be linked with is tested here.
set(object CMakeFiles/unroll_consumer.dir/main.cpp.o)
if(NOT CMAKE_GENERATOR MATCHES "Ninja")
  set(object main.o)
endif()
add_test(NAME consumer.subdirectory
         COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${consumer} ${work}/subdirectory --build-generator ${CMAKE_GENERATOR}
                 --build-noclean --build-target ${object} --build-options ${toolchain}
                 -DUNROLL_SOURCE_DIR=${PROJECT_SOURCE_DIR})
set_tests_properties(consumer.subdirectory PROPERTIES LABELS consumer)

# The library with the bare instruction set, the program with AVX2, under valgrind: what one allocates the other frees. AVX2
# and not -march=native: valgrind 3.19 cannot run AVX-512.
set(no_valgrind "")
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-march=x86-64-v3 UNROLL_HAS_X86_64_V3)
if(UNROLL_HAS_X86_64_V3 AND EXISTS /proc/cpuinfo)
  file(STRINGS /proc/cpuinfo avx2 REGEX "^flags.* avx2 " LIMIT_COUNT 1)
endif()
if(NOT avx2)
  set(no_valgrind "no AVX2 here, so library and program cannot be compiled for different instruction sets")
endif()
find_program(UNROLL_VALGRIND valgrind)
if(NOT UNROLL_VALGRIND)
  set(no_valgrind "valgrind is not installed")
endif()

if(no_valgrind)
  add_test(NAME consumer.valgrind COMMAND ${CMAKE_COMMAND} -E echo "consumer.valgrind: skipped, ${no_valgrind}")
else()
  add_consumer_test(avx2 ${work}/avx2 -DCMAKE_PREFIX_PATH=${packages}/tgz "-DCMAKE_CXX_FLAGS=-march=x86-64-v3" -DCMAKE_BUILD_TYPE=Debug)
  set_tests_properties(consumer.avx2 PROPERTIES FIXTURES_REQUIRED consumer_packages FIXTURES_SETUP consumer_program)
  add_test(NAME consumer.valgrind COMMAND ${UNROLL_VALGRIND} --error-exitcode=1 --leak-check=full
                                          --show-leak-kinds=definite,indirect ${work}/avx2/unroll_consumer)
endif()
set_tests_properties(consumer.valgrind PROPERTIES LABELS "consumer;valgrind" FIXTURES_REQUIRED "consumer_packages;consumer_program"
                                                  SKIP_REGULAR_EXPRESSION "consumer\\.valgrind: skipped")
