# Target gallery: a page for each example, one for the studies of examples/figures, and an index of both, in the directory `site`.
set(outputs ${PROJECT_BINARY_DIR}/gallery)
file(MAKE_DIRECTORY ${site}/gallery)
set(gallery_pages "")
get_property(gallery_examples GLOBAL PROPERTY UNROLL_EXAMPLES)
foreach(example IN LISTS gallery_examples)
  get_target_property(arguments ${example} UNROLL_ARGUMENTS)
  get_target_property(source ${example} UNROLL_SOURCE)
  get_target_property(ranks ${example} UNROLL_RANKS)
  get_target_property(launcher ${example} UNROLL_LAUNCHER)
  set(page ${site}/gallery/${example}.md)
  add_custom_command(
    OUTPUT ${page}
    DEPENDS ${example} ${source} ${CMAKE_CURRENT_LIST_DIR}/run_example.cmake ${CMAKE_CURRENT_LIST_DIR}/gallery_page.cmake
    COMMAND ${CMAKE_COMMAND} -D NEWER_THAN=$<TARGET_FILE:${example}> -D "LAUNCHER=${launcher}" -D
            PROGRAM=$<TARGET_FILE:${example}> -D "ARGUMENTS=${arguments}" -D DIRECTORY=${outputs} -D NAME=${example} -P ${CMAKE_CURRENT_LIST_DIR}/run_example.cmake
    COMMAND ${CMAKE_COMMAND} -D SOURCE=${source} -D "RANKS=${ranks}" -D "ARGUMENTS=${arguments}" -D DIRECTORY=${outputs} -D PAGE=${page} -P
            ${CMAKE_CURRENT_LIST_DIR}/gallery_page.cmake
    VERBATIM)
  list(APPEND gallery_pages ${page})
endforeach()
if(TARGET draw_figures)
  set(page ${site}/gallery/studies.md)
  add_custom_command(
    OUTPUT ${page}
    DEPENDS draw_figures ${CMAKE_CURRENT_LIST_DIR}/run_example.cmake ${CMAKE_CURRENT_LIST_DIR}/gallery_studies.cmake
    COMMAND ${CMAKE_COMMAND} -D NEWER_THAN=$<TARGET_FILE:draw_figures> -D PROGRAM=$<TARGET_FILE:draw_figures> -D
            "ARGUMENTS=--small;--out;figures.out" -D DIRECTORY=${outputs} -D NAME=figures -P
            ${CMAKE_CURRENT_LIST_DIR}/run_example.cmake
    COMMAND ${CMAKE_COMMAND} -D FULL=${PROJECT_SOURCE_DIR}/figures.out -D SMALL=${outputs}/figures.out -D PAGE=${page} -P
            ${CMAKE_CURRENT_LIST_DIR}/gallery_studies.cmake
    VERBATIM)
  list(APPEND gallery_pages ${page})
endif()
set(page ${site}/gallery/gallery.md)
add_custom_command(OUTPUT ${page} DEPENDS ${gallery_pages} ${CMAKE_CURRENT_LIST_DIR}/gallery_index.cmake
                   COMMAND ${CMAKE_COMMAND} -D "PAGES=${gallery_pages}" -D PAGE=${page} -P
                           ${CMAKE_CURRENT_LIST_DIR}/gallery_index.cmake
                   VERBATIM)
add_custom_target(gallery DEPENDS ${page} ${gallery_pages})
