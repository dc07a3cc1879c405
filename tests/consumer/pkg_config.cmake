# Compiles README's program to PROGRAM as one would by hand, with what pkg-config says of the install in PREFIX, and runs it.
find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(NOT PKG_CONFIG)
  message("consumer.pkg_config: skipped, pkg-config is not installed")
  return()
endif()

file(GLOB directories ${PREFIX}/lib*/pkgconfig ${PREFIX}/lib/*/pkgconfig ${PREFIX}/share/pkgconfig)
list(JOIN directories ":" directories)
set(ENV{PKG_CONFIG_PATH} "${directories}:$ENV{PKG_CONFIG_PATH}")
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs unroll OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
set(PAGE ${ROOT}/README.md)
execute_process(COMMAND awk -v language=cpp -f ${ROOT}/cmake/document_blocks.awk ${PAGE} OUTPUT_FILE ${PROGRAM}.cpp
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${COMPILER} -std=c++20 ${PROGRAM}.cpp -o ${PROGRAM} ${flags} COMMAND_ECHO STDOUT
                COMMAND_ERROR_IS_FATAL ANY)
include(${ROOT}/cmake/expect_document.cmake)
