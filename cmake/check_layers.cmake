# Reads the #include lines of ROOT/include/unroll and ROOT/src and fails on one that points up the stairs, and on a source
# that does not include its own header first:
#   cmake -D ROOT=<source tree> -P check_layers.cmake
cmake_minimum_required(VERSION 3.25)

# What each room may include besides itself, types.hpp and error.hpp.
set(ad_may_include)
set(problem_may_include ad)
set(solver_may_include problem ad)
set(derivative_may_include solver problem ad)
set(theory_may_include solver problem ad)
set(compare_may_include derivative theory solver problem ad)
set(check_may_include derivative theory solver problem ad)
set(mpi_may_include compare derivative theory solver problem ad)  # beside all: no room may include it
set(rooms ad problem solver derivative theory compare check mpi)
set(base types.hpp error.hpp version.hpp version.cpp)  # may include nothing of ours but each other
set(umbrella unroll.hpp)          # may include everything but mpi, and is included by nobody here
set(libraries Eigen fmt sys)      # first folder of an include from elsewhere; a standard header has none
set(src_libraries Spectra unsupported)        # the same, for src alone: users of the headers do not have them

# The room (or the name of a file that is in none) of a path below include/unroll or src.
function(room_of path result)
  string(REGEX REPLACE "/.*" "" room "${path}")
  set(${result} "${room}" PARENT_SCOPE)
endfunction()

cmake_path(ABSOLUTE_PATH ROOT NORMALIZE)
set(arrows 0)
set(faults "")
foreach(tree include/unroll src)
  file(GLOB_RECURSE files RELATIVE ${ROOT}/${tree} ${ROOT}/${tree}/*.hpp ${ROOT}/${tree}/*.cpp ${ROOT}/${tree}/*.h
       ${ROOT}/${tree}/*.ipp)
  foreach(file IN LISTS files)
    room_of("${file}" from)
    if(NOT from IN_LIST rooms AND NOT from IN_LIST base AND NOT from IN_LIST umbrella)
      list(APPEND faults "${tree}/${file}: is in no room")
      continue()
    endif()
    file(STRINGS ${ROOT}/${tree}/${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]")
    # So that compiling the source shows that its header needs nothing else before it.
    string(REGEX REPLACE "\\.cpp$" ".hpp" header "${file}")
    set(first "")
    if(lines)
      list(GET lines 0 first)
    endif()
    if(tree STREQUAL "src" AND file MATCHES "\\.cpp$" AND EXISTS ${ROOT}/include/unroll/${header}
       AND NOT first MATCHES "unroll/${header}\"")
      list(APPEND faults "${tree}/${file}: does not include unroll/${header} first")
    endif()
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^[^<\"]*([<\"])([^>\"]+)[>\"].*" "\\1;\\2" parts "${line}")
      list(GET parts 0 quote)
      list(GET parts 1 name)
      cmake_path(GET file PARENT_PATH here)
      cmake_path(SET beside NORMALIZE "${here}/${name}")
      if(name MATCHES "^unroll/(.+)")
        room_of("${CMAKE_MATCH_1}" to)
      elseif(quote STREQUAL "\"" AND EXISTS "${ROOT}/${tree}/${beside}")
        room_of("${beside}" to)
      else()
        room_of("${name}" to)
        if(NOT to IN_LIST rooms)
          if(name MATCHES "/" AND NOT to IN_LIST libraries AND NOT (tree STREQUAL "src" AND to IN_LIST src_libraries))
            list(APPEND faults "${tree}/${file}: includes ${name}, which the core does not depend on")
          endif()
          continue()
        endif()
      endif()
      math(EXPR arrows "${arrows} + 1")
      if(from IN_LIST umbrella AND to STREQUAL "mpi")
        list(APPEND faults "${tree}/${file}: must not include ${name}: the component is optional")
        continue()
      endif()
      if(to IN_LIST base OR from IN_LIST umbrella OR to STREQUAL from OR to IN_LIST ${from}_may_include)
        continue()
      endif()
      list(APPEND faults "${tree}/${file}: ${from} must not include ${to} (${name})")
    endforeach()
  endforeach()
endforeach()

if(arrows EQUAL 0)
  list(APPEND faults "${ROOT}: no includes found, so nothing was checked")
endif()
if(faults)
  list(JOIN faults "\n  " faults)
  message(FATAL_ERROR "layers:\n  ${faults}")
endif()
message(STATUS "layers: ${arrows} includes, all downwards")
