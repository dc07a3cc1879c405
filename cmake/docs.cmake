# Target docs, where Doxygen, its theme (`sh cmake/bootstrap.sh docs`) and the examples are: README, the pages of docs, a page for each
# example, the list of functions and the reference, as a site in the build directory. A warning is an error. Needs no network.
find_package(Doxygen 1.9.4 QUIET)
find_path(UNROLL_DOXYGEN_THEME doxygen-awesome.css PATHS /usr/share/doxygen-awesome-css NO_DEFAULT_PATH)
if(NOT DOXYGEN_FOUND OR NOT UNROLL_DOXYGEN_THEME OR NOT UNROLL_BUILD_EXAMPLES)
  message(STATUS "No target docs: it needs the examples, and what `sh cmake/bootstrap.sh docs` installs")
  return()
endif()
set(site ${PROJECT_BINARY_DIR}/docs)
set(pages ${PROJECT_SOURCE_DIR}/docs)

set(DOXYGEN_PROJECT_NAME ${PROJECT_NAME})
set(DOXYGEN_PROJECT_NUMBER ${PROJECT_VERSION})
set(DOXYGEN_PROJECT_BRIEF "Differentiate through an optimisation solver")
set(DOXYGEN_OUTPUT_DIRECTORY ${site})
set(DOXYGEN_USE_MDFILE_AS_MAINPAGE ${PROJECT_SOURCE_DIR}/README.md)
set(DOXYGEN_STRIP_FROM_PATH ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include ${site})
set(DOXYGEN_INCLUDE_PATH ${PROJECT_SOURCE_DIR}/include)
set(DOXYGEN_STRIP_FROM_INC_PATH ${PROJECT_SOURCE_DIR}/include)
set(DOXYGEN_EXAMPLE_PATH ${PROJECT_SOURCE_DIR}/examples)
set(DOXYGEN_IMAGE_PATH ${pages} ${site}/gallery)  # not the whole tree: tests write in build/ meanwhile
set(DOXYGEN_FILTER_PATTERNS "\"*.hpp=awk -f ${CMAKE_CURRENT_LIST_DIR}/doxygen_filter.awk\""
                            "\"*.md=awk -f ${CMAKE_CURRENT_LIST_DIR}/page_filter.awk\"")
set(DOXYGEN_EXCLUDE_SYMBOLS detail *::detail *::detail::* unroll::ad unroll::ad::* std std::* Eigen Eigen::*)
set(DOXYGEN_EXCLUDE_PATTERNS */ad/eigen_traits.hpp)  # specialisations for Eigen and the standard library
set(DOXYGEN_EXTRACT_ALL YES)  # every public name is in the reference, with or without a comment
set(DOXYGEN_JAVADOC_AUTOBRIEF YES)
set(DOXYGEN_HIDE_IN_BODY_DOCS YES)
set(DOXYGEN_MACRO_EXPANSION YES)  # families of functions are written by macros
set(DOXYGEN_PREDEFINED UNROLL_INLINE:=inline)
set(DOXYGEN_GENERATE_LATEX NO)
set(DOXYGEN_HAVE_DOT NO)
set(DOXYGEN_QUIET YES)
set(DOXYGEN_WARN_IF_INCOMPLETE_DOC NO)  # parameters are documented by name and shape, where these do not say it all
set(DOXYGEN_DISTRIBUTE_GROUP_DOC YES)  # a family of functions shares one comment, above its group
set(DOXYGEN_WARN_AS_ERROR FAIL_ON_WARNINGS)

# The theme: light and dark by the reader's system or a switch, a sidebar, on a phone one column.
set(DOXYGEN_GENERATE_TREEVIEW YES)
set(DOXYGEN_DISABLE_INDEX NO)
set(DOXYGEN_FULL_SIDEBAR NO)
if(DOXYGEN_VERSION VERSION_GREATER_EQUAL 1.9.5)
  set(DOXYGEN_HTML_COLORSTYLE LIGHT)  # the theme makes the dark one
endif()
set(scripts doxygen-awesome-darkmode-toggle.js doxygen-awesome-fragment-copy-button.js doxygen-awesome-paragraph-link.js)
set(DOXYGEN_HTML_EXTRA_STYLESHEET
    ${UNROLL_DOXYGEN_THEME}/doxygen-awesome.css ${UNROLL_DOXYGEN_THEME}/doxygen-awesome-sidebar-only.css
    ${UNROLL_DOXYGEN_THEME}/doxygen-awesome-sidebar-only-darkmode-toggle.css ${CMAKE_CURRENT_LIST_DIR}/docs.css)
list(TRANSFORM scripts PREPEND ${UNROLL_DOXYGEN_THEME}/ OUTPUT_VARIABLE DOXYGEN_HTML_EXTRA_FILES)

# Doxygen's own header and layout, of whatever version it is, with the theme's scripts and an order of pages that a reader follows.
file(MAKE_DIRECTORY ${site})
execute_process(COMMAND ${DOXYGEN_EXECUTABLE} -w html header.html footer.html style.css WORKING_DIRECTORY ${site}
                OUTPUT_QUIET ERROR_QUIET)
file(READ ${site}/header.html header)
set(head "")
foreach(script IN LISTS scripts)
  string(APPEND head "<script type=\"text/javascript\" src=\"$relpath^${script}\"></script>\n")
endforeach()
string(APPEND head "<script type=\"text/javascript\">DoxygenAwesomeDarkModeToggle.init(); \
DoxygenAwesomeFragmentCopyButton.init(); DoxygenAwesomeParagraphLink.init()</script>\n</head>")
string(REPLACE "</head>" "${head}" header "${header}")
file(WRITE ${site}/header.html "${header}")
set(DOXYGEN_HTML_HEADER ${site}/header.html)

execute_process(COMMAND ${DOXYGEN_EXECUTABLE} -l layout.xml WORKING_DIRECTORY ${site} OUTPUT_QUIET ERROR_QUIET)
file(READ ${site}/layout.xml layout)
file(READ ${CMAKE_CURRENT_LIST_DIR}/docs_navigation.xml navigation)
string(REGEX MATCH "<navindex>.*</navindex>" default "${layout}")
string(REPLACE "${default}" "${navigation}" layout "${layout}")
file(WRITE ${site}/layout.xml "${layout}")
set(DOXYGEN_LAYOUT_FILE ${site}/layout.xml)

set(function_room ${PROJECT_SOURCE_DIR}/include/unroll/ad)
file(GLOB function_headers CONFIGURE_DEPENDS ${function_room}/*.hpp)
set(function_page ${site}/functions.md)
add_custom_command(OUTPUT ${function_page} DEPENDS ${function_headers} ${CMAKE_CURRENT_LIST_DIR}/function_table.cmake
                                                   ${CMAKE_CURRENT_LIST_DIR}/function_page.awk
                   COMMAND ${CMAKE_COMMAND} -D ROOM=${function_room} -D OUTPUT=${function_page} -P
                           ${CMAKE_CURRENT_LIST_DIR}/function_table.cmake)
add_custom_target(function_page DEPENDS ${function_page})

# The gallery: what the examples wrote and printed. Those that their tests have run since they were built are not run again.
include(${CMAKE_CURRENT_LIST_DIR}/gallery.cmake)

doxygen_add_docs(docs ${PROJECT_SOURCE_DIR}/README.md ${pages} ${site}/gallery ${function_page} ${PROJECT_SOURCE_DIR}/include
                 WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMENT "Documentation: docs/html/index.html")
add_dependencies(docs function_page gallery)
add_custom_command(TARGET docs POST_BUILD COMMAND awk -f ${CMAKE_CURRENT_LIST_DIR}/check_site.awk ${site}/html/*.html
                   WORKING_DIRECTORY ${site}/html)
