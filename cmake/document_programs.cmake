# A program of every page in docs that shows C++: its blocks in order, those that a reader is not shown among them, and a test that
# it prints what the page says that it prints (the blocks of text). README's program is compiled as a stranger would compile it: see
# tests/consumer. Included by examples/CMakeLists.txt, whose programs share their precompiled headers with these.
set(blocks ${CMAKE_CURRENT_LIST_DIR}/document_blocks.awk)
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/*.md)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pages})
foreach(page IN LISTS pages)
  file(STRINGS ${page} shown REGEX "^```cpp$")
  if(NOT shown)
    continue()
  endif()
  cmake_path(GET page STEM name)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/page_${name}.cpp)
  add_custom_command(OUTPUT ${source} DEPENDS ${page} ${blocks} VERBATIM
                     COMMAND awk -v language=cpp -f ${blocks} ${page} > ${source})
  add_executable(page_${name} ${source})
  unroll_example_target(page_${name})
  add_test(NAME page.${name} COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:page_${name}> -D PAGE=${page} -P
                                     ${CMAKE_CURRENT_LIST_DIR}/expect_document.cmake)
endforeach()
