# SPDX-License-Identifier: GPL-3.0-or-later
# Apache Arrow C++ out of the unpacked pyarrow wheel: headers and libraries, no Python. Looked for where .ci/setup.sh
# keeps it, or in LUTHIER_ARROW_ROOT (the folder that holds include/ and libarrow.so.*). Makes the target
# luthier_arrow when it is there.
set(LUTHIER_ARROW_VERSION 26.0.1)
string(REGEX REPLACE "^([0-9]+)\\.([0-9]+).*" "\\1;\\2" _parts ${LUTHIER_ARROW_VERSION})
list(GET _parts 0 _major)
list(GET _parts 1 _minor)
math(EXPR _soversion "${_major} * 100 + ${_minor}")

set(_homes $ENV{LUTHIER_HOME} $ENV{XDG_DATA_HOME}/luthier $ENV{HOME}/.local/share/luthier)
list(TRANSFORM _homes APPEND /arrow-${LUTHIER_ARROW_VERSION}/pyarrow)
find_path(LUTHIER_ARROW_ROOT include/parquet/arrow/reader.h PATHS ${_homes} NO_DEFAULT_PATH
          DOC "Unpacked pyarrow ${LUTHIER_ARROW_VERSION}")
if(LUTHIER_ARROW_ROOT AND EXISTS ${LUTHIER_ARROW_ROOT}/libparquet.so.${_soversion})
  foreach(_name arrow parquet)
    add_library(luthier_lib${_name} SHARED IMPORTED)
    set_target_properties(luthier_lib${_name} PROPERTIES
      IMPORTED_LOCATION ${LUTHIER_ARROW_ROOT}/lib${_name}.so.${_soversion})
  endforeach()
  add_library(luthier_arrow INTERFACE)
  target_include_directories(luthier_arrow SYSTEM INTERFACE ${LUTHIER_ARROW_ROOT}/include)
  target_link_libraries(luthier_arrow INTERFACE luthier_libparquet luthier_libarrow)
else()
  message(STATUS "Apache Arrow ${LUTHIER_ARROW_VERSION} was not found: Parquet and Arrow files will not be read")
endif()
