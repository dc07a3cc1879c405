# Writes OUTPUT, a page of the documentation with every function: from the lines of function_list.hpp, and from what stands
# above the declarations of the other headers of ROOM (include/unroll/ad).
#   cmake -D ROOM=<include/unroll/ad> -D OUTPUT=<page.md> -P function_table.cmake
cmake_minimum_required(VERSION 3.25)
set(LIST ${ROOM}/function_list.hpp)
file(STRINGS ${LIST} rows REGEX "^UNROLL_FUNCTION.*//" ENCODING UTF-8)
set(page "# Functions {#functions}\n\n## Elementary functions\n\nOf numbers, of scalars and arrays on a tape or with tangents (an array: entry by entry; of two arguments, one \
may be a scalar beside an array). All are differentiated to third order.\n\n| function | what it is; conventions |\n|---|---|\n")
set(count 0)
foreach(row IN LISTS rows)
  if(NOT row MATCHES "^UNROLL_FUNCTION(_OF_TWO)?\\(([a-z0-9_]+),.*// (.+)$")
    message(FATAL_ERROR "function list: a line that is no row: ${row}")
  endif()
  string(REPLACE "|" "\\|" meaning "${CMAKE_MATCH_3}")
  if(CMAKE_MATCH_1)
    string(APPEND page "| `${CMAKE_MATCH_2}(a, b)` | ${meaning} |\n")
  else()
    string(APPEND page "| `${CMAKE_MATCH_2}(x)` | ${meaning} |\n")
  endif()
  math(EXPR count "${count} + 1")
endforeach()
if(count EQUAL 0)
  message(FATAL_ERROR "function list: ${LIST} has no rows")
endif()

# The engine's own headers, which declare nothing that a user calls, are left out by what they are.
file(GLOB headers ${ROOM}/*.hpp)
list(FILTER headers EXCLUDE REGEX
     "/(aggregate|arena|block|dual|eigen_scalar|eigen_traits|elementwise|engine|expression|function_list|functions|\
linear_combination|mixed_arithmetic|operators|packet_functions|primitive|rule_node|scale|statements|sweeper|tape|tape_core|\
var|var_array)\\.hpp$")
execute_process(COMMAND awk -f ${CMAKE_CURRENT_LIST_DIR}/function_page.awk ${headers} OUTPUT_VARIABLE functions
                RESULT_VARIABLE status ENCODING UTF-8)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "function page: no function found in ${headers}")
endif()
string(APPEND page "\n## Functions of arrays\n\nOf plain, taped and dual arrays, mixed with plain ones; differentiated to third \
order where nothing else is said. A, M, X are matrices, x, v vectors or matrices, s scalars.\n\n| function | what it is; \
shapes, conventions, errors |\n|---|---|\n${functions}")
file(WRITE ${OUTPUT} "${page}")
