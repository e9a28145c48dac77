# SPDX-License-Identifier: GPL-3.0-or-later
# Run while building (cmake -P): writes C++ that defines every name of LibTorch which our libraries leave open, each as a call
# of luthierStartTensors, so that a program can be linked without LibTorch.
#
#   NM       the program nm
#   LIBRARIES  static libraries that see tensors, separated by commas
#   OUT      the file to write; untouched where nothing changed
string(REPLACE "," ";" LIBRARIES "${LIBRARIES}")
execute_process(COMMAND ${NM} -P ${LIBRARIES} COMMAND awk [[
  $2 == "U" { open[$1] }
  $2 != "U" { here[$1] }
  END { for (name in open) if (!(name in here) && name !~ /^_ZNK?7luthier/ && name ~ /2at|3c10|4c10d|4gloo|5torch|6caffe2|^cuda[A-Z]|^nccl[A-Z]/) print name }]]
  COMMAND sort OUTPUT_VARIABLE names RESULT_VARIABLE failed)
if(failed OR NOT names)
  message(FATAL_ERROR "${NM} found no names of LibTorch in ${LIBRARIES}")
endif()
string(REGEX REPLACE "([^\n]+)\n" "STAND_IN(\\1)\n" rows "${names}")
set(text "// Made by stand_ins.cmake.
extern \"C\" void luthierStartTensors();
#define STAND_IN(name) extern \"C\" void name() { luthierStartTensors(); }
${rows}")
file(CONFIGURE OUTPUT ${OUT} CONTENT "${text}" @ONLY)
