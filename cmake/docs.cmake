# Target docs, where Doxygen is installed: what a user of the library meets, as HTML in the build directory. A warning is an
# error.
find_package(Doxygen 1.9.4 QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()

set(DOXYGEN_PROJECT_NAME ${PROJECT_NAME})
set(DOXYGEN_PROJECT_NUMBER ${PROJECT_VERSION})
set(DOXYGEN_PROJECT_BRIEF ${PROJECT_DESCRIPTION})
set(DOXYGEN_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/docs)
set(DOXYGEN_USE_MDFILE_AS_MAINPAGE ${PROJECT_SOURCE_DIR}/README.md)
set(DOXYGEN_STRIP_FROM_PATH ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
set(DOXYGEN_STRIP_FROM_INC_PATH ${PROJECT_SOURCE_DIR}/include)
set(DOXYGEN_EXAMPLE_PATH ${PROJECT_SOURCE_DIR}/examples)
set(DOXYGEN_IMAGE_PATH ${PROJECT_SOURCE_DIR}/examples/figures)  # not the whole tree: tests write in build/ meanwhile
set(DOXYGEN_FILTER_PATTERNS "\"*.hpp=awk -f ${CMAKE_CURRENT_LIST_DIR}/doxygen_filter.awk\"")
set(DOXYGEN_EXCLUDE_SYMBOLS detail *::detail *::detail::* unroll::ad unroll::ad::* std std::* Eigen Eigen::*)
set(DOXYGEN_EXCLUDE_PATTERNS */ad/eigen_traits.hpp)  # specialisations for Eigen and the standard library
set(DOXYGEN_EXTRACT_ALL NO)
set(DOXYGEN_JAVADOC_AUTOBRIEF YES)
set(DOXYGEN_HIDE_IN_BODY_DOCS YES)
set(DOXYGEN_MACRO_EXPANSION YES)  # families of functions are written by macros
set(DOXYGEN_PREDEFINED UNROLL_INLINE:=inline)
set(DOXYGEN_GENERATE_LATEX NO)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_QUIET YES)
set(DOXYGEN_WARN_IF_INCOMPLETE_DOC NO)  # parameters are documented by name and shape, where these do not say it all
set(DOXYGEN_WARN_IF_UNDOCUMENTED YES)
set(DOXYGEN_DISTRIBUTE_GROUP_DOC YES)  # a family of functions shares one comment, above its group
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)
set(function_room ${PROJECT_SOURCE_DIR}/include/unroll/ad)
file(GLOB function_headers CONFIGURE_DEPENDS ${function_room}/*.hpp)
set(function_page ${PROJECT_BINARY_DIR}/docs/functions.md)
add_custom_command(OUTPUT ${function_page} DEPENDS ${function_headers} ${CMAKE_CURRENT_LIST_DIR}/function_table.cmake
                                                   ${CMAKE_CURRENT_LIST_DIR}/function_page.awk
                   COMMAND ${CMAKE_COMMAND} -D ROOM=${function_room} -D OUTPUT=${function_page} -P
                           ${CMAKE_CURRENT_LIST_DIR}/function_table.cmake)
add_custom_target(function_page DEPENDS ${function_page})
doxygen_add_docs(docs ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/docs ${function_page} ${PROJECT_SOURCE_DIR}/include
                 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMENT "Documentation: docs/html/index.html")
add_dependencies(docs function_page)
