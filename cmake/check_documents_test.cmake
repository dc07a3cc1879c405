# Tests check_documents.awk on pages made in WORK: sound ones pass, each planted fault is found and named.
cmake_minimum_required(VERSION 3.25)

# Usage: expect(message file lines): sound pages with `lines` added to `file`; `message` empty: it passes.
function(expect message file lines)
  file(REMOVE_RECURSE ${WORK})
  file(WRITE ${WORK}/CMakePresets.json "{\"name\": \"demo\"}\n")
  file(WRITE ${WORK}/README.md "# A title\n\n[a](docs/a.md) and [its part](docs/a.md#an-x-part-of-it)\n")
  file(WRITE ${WORK}/docs/a.md "# A\n\n## An `x` part, of it\n\n[back](../README.md#a-title)\n")
  file(APPEND ${WORK}/${file} "${lines}\n")
  execute_process(COMMAND sh -c "awk -v most_words=20 -f $0 CMakePresets.json README.md docs/*.md"
                          ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/check_documents.awk
                  WORKING_DIRECTORY ${WORK} RESULT_VARIABLE status OUTPUT_VARIABLE output)
  if(message STREQUAL "" AND NOT status EQUAL 0)
    message(SEND_ERROR "sound pages with '${lines}' fail: ${output}")
  elseif(NOT message STREQUAL "" AND (status EQUAL 0 OR NOT output MATCHES "${message}"))
    message(SEND_ERROR "'${lines}' should be '${message}', is: ${output}")
  endif()
endfunction()

expect("" docs/a.md "`cmake --preset demo` and `[no](link)`\n\n```cpp\nf([a](Index i) {});\n```")
expect("docs/a.md:6: b.md: no such file" docs/a.md "[b](b.md)")
expect("docs/a.md:6: #nowhere: no such heading" docs/a.md "[b](#nowhere)")
expect("docs/a.md:6: ../README.md#a: no such heading" docs/a.md "[b](../README.md#a)")
expect("docs/a.md:6 nonsense: no such preset" docs/a.md "cmake --preset nonsense")
expect("docs/a.md:6: a block of an unknown language" docs/a.md "```c++\nint x\;\n```")
expect("docs/alone.md: no page links to it" docs/alone.md "# Alone")
string(REPEAT "word " 20 words)
expect("README.md: 27 words, at most 20" README.md "${words}")
