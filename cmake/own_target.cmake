# The settings of a target whose source is the project's own; none of them reaches a user of the library.
function(unroll_own_target target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /permissive-)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  endif()
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR "${UNROLL_WARNINGS_AS_ERRORS}")
endfunction()
