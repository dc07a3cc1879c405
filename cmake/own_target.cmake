# The settings of a target whose source is the project's own; none of them reaches a user of the library.
function(unroll_own_target target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /permissive-)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  endif()
  # Of files that are compiled as one, one's local may have the name of another's helper, and none is the main one.
  if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # A tenth of the compiler's time would go into looking for memory that it could give back.
    target_compile_options(${target} PRIVATE -Wno-shadow -Wshadow=local -Wno-subobject-linkage
                                             "SHELL:--param ggc-min-expand=1000 --param ggc-min-heapsize=2000000")
  elseif(CMAKE_UNITY_BUILD AND NOT MSVC)
    target_compile_options(${target} PRIVATE -Wno-shadow)
  endif()
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR "${UNROLL_WARNINGS_AS_ERRORS}")
endfunction()
