# SPDX-License-Identifier: GPL-3.0-or-later
# A folder that holds more than a person takes in at a glance gets rooms by noun (a README says which). A file is as long
# as its one noun needs: nothing is cut into pieces to meet a number, but past 600 lines there are surely two nouns.
cmake_policy(SET CMP0057 NEW)
set(most_files 40) # of headers and sources, lying in one folder
set(most_lines 600)
set(allowed) # folders and files that are too large still, each with what is to be done
file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/core/*.h" "${ROOT}/core/*.cpp" "${ROOT}/ui/*.h" "${ROOT}/ui/*.cpp"
     "${ROOT}/app/*.h" "${ROOT}/app/*.cpp")
set(folders)
foreach(f ${files})
  get_filename_component(folder "${f}" DIRECTORY)
  if(NOT folder IN_LIST folders)
    list(APPEND folders "${folder}")
    set("count_${folder}" 0)
  endif()
  math(EXPR "count_${folder}" "${count_${folder}} + 1")

  # Semicolons split CMake lists, so newlines are counted in the raw text.
  file(READ "${ROOT}/${f}" text)
  string(REGEX REPLACE "[^\n]" "" newlines "${text}")
  string(LENGTH "${newlines}" lines)
  if(lines GREATER most_lines AND NOT f IN_LIST allowed)
    message(SEND_ERROR "${f}: ${lines} lines; it has more than one noun, or its reason belongs into tests/check_sizes.cmake")
  endif()
endforeach()
foreach(folder ${folders})
  if(count_${folder} GREATER most_files AND NOT folder IN_LIST allowed)
    message(SEND_ERROR "${folder}: ${count_${folder}} files; give it rooms by noun")
  endif()
endforeach()
