# SPDX-License-Identifier: GPL-3.0-or-later
# A test's own lines compile in a fraction of what its headers and their templates take, so whoever builds all tests once may
# compile several as one program: -DLUTHIER_JOINED_TESTS=ON, as ./test does. Each keeps its name, its file in tests/ (links to that
# one program, which does as it is called) and its line in ctest. Whoever changes a test builds without.
#
#   luthier_join_test(TARGET KIND [links...])   instead of an executable; KIND: what they must share
#   luthier_joined_programs()                   at a folder's end
set(LUTHIER_JOINED_AT_MOST 9) # of one program: its compiler takes as much memory as one of LibTorch's larger files

function(luthier_join_test name kind)
  set_property(DIRECTORY APPEND PROPERTY LUTHIER_JOINED_KINDS ${kind})
  set_property(DIRECTORY APPEND PROPERTY LUTHIER_JOINED_${kind} ${name})
  add_custom_target(${name})
  set_target_properties(${name} PROPERTIES LUTHIER_TEST_LINKS "${ARGN}")
endfunction()

function(luthier_joined_program program kind)
  set(sources "")
  set(mocs "")
  set(links "")
  foreach(test IN LISTS ARGN)
    list(APPEND sources ${CMAKE_CURRENT_SOURCE_DIR}/${test}.cpp)
    list(APPEND mocs ${CMAKE_CURRENT_BINARY_DIR}/${test}.moc)
    get_target_property(its_links ${test} LUTHIER_TEST_LINKS)
    list(APPEND links ${its_links})
    add_dependencies(${test} ${program})
  endforeach()
  list(REMOVE_DUPLICATES links)
  set(joined ${CMAKE_CURRENT_BINARY_DIR}/${program}.cpp)
  set(script ${CMAKE_SOURCE_DIR}/tests/join_tests.cmake)
  string(REPLACE ";" "," listed "${sources}")
  add_custom_command(OUTPUT ${joined} COMMAND ${CMAKE_COMMAND} -DOUT=${joined} -DSOURCES=${listed} -P ${script}
    DEPENDS ${sources} ${script} COMMENT "joining ${program}" VERBATIM)
  add_executable(${program} ${joined} ${mocs})
  luthier_test_program(${program} ${kind} ${links})
  # GCC takes the tests for headers, since they are named by #line, and counts bytes of strings that are never copied in so long a file.
  target_compile_options(${program} PRIVATE "$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage;-Wno-stringop-overflow>")
  foreach(test IN LISTS ARGN)
    set(link ${CMAKE_BINARY_DIR}/tests/${test})
    add_custom_command(TARGET ${program} POST_BUILD COMMAND ${CMAKE_COMMAND} -E rm -f ${link}
      COMMAND ${CMAKE_COMMAND} -E create_hardlink $<TARGET_FILE:${program}> ${link} VERBATIM)
  endforeach()
endfunction()

function(luthier_joined_programs)
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  get_property(kinds DIRECTORY PROPERTY LUTHIER_JOINED_KINDS)
  list(REMOVE_DUPLICATES kinds)
  foreach(kind IN LISTS kinds)
    get_property(left DIRECTORY PROPERTY LUTHIER_JOINED_${kind})
    # As many in each: one program more than needed would be the last to be compiled, alone.
    list(LENGTH left count)
    math(EXPR programs "(${count} + ${LUTHIER_JOINED_AT_MOST} - 1) / ${LUTHIER_JOINED_AT_MOST}")
    foreach(i RANGE 1 ${programs})
      list(LENGTH left count)
      math(EXPR here "(${count} + ${programs} - ${i}) / (${programs} - ${i} + 1)")
      list(SUBLIST left 0 ${here} tests)
      if(i LESS programs)
        list(SUBLIST left ${here} -1 left)
      endif()
      luthier_joined_program(joined_${folder}_${kind}_${i} ${kind} ${tests})
    endforeach()
  endforeach()
endfunction()
