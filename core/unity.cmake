# SPDX-License-Identifier: GPL-3.0-or-later
# Most of what compiling a file takes is reading headers, so whoever builds everything once may compile a folder's files of a
# library as one: -DLUTHIER_UNITY=ON. Whoever changes files builds without, as CMake does by itself.
#
#   luthier_unity(TARGET [QUICK] [TOGETHER FILE...] [APART FILE...])   after its sources are known
#
# QUICK: what it does waits for people, disks and other libraries, LibTorch's operators among them, so it is optimised less and compiled
# a fifth faster.
# Private names (of unnamed namespaces) of files in one folder must differ for it; files where they don't are listed as TOGETHER
# and compiled with each other instead, whatever their folders, or as APART and compiled by themselves.
function(luthier_unity target)
  cmake_parse_arguments(ARG "QUICK" "" "TOGETHER;APART" ${ARGN})
  if(NOT LUTHIER_UNITY)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  list(REMOVE_ITEM sources ${ARG_APART})
  foreach(source IN LISTS sources)
    get_filename_component(folder ${source} DIRECTORY)
    string(MAKE_C_IDENTIFIER "in_${folder}" group)
    if(source IN_LIST ARG_TOGETHER)
      set(group together)
    endif()
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  if(ARG_QUICK)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
