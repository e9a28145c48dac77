# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DOUT=FILE -DSOURCES=A.cpp,B.cpp -P join_tests.cmake: the tests as one source file. Their includes come first, what follows them
# stands in a namespace for each, and main() does what the program is called as.
string(REPLACE "," ";" SOURCES "${SOURCES}")
set(includes "")
set(bodies "")
set(choices "")
foreach(source IN LISTS SOURCES)
  get_filename_component(name ${source} NAME_WE)
  file(READ ${source} text)
  set(text "\n${text}")
  # Included in its namespace, as it tells of the class there.
  string(REPLACE "#include \"${name}.moc\"" "#include MOC" text "${text}")
  set(pattern "\n#include [<\"][^>\"\n]+[>\"]")
  string(REGEX MATCHALL "${pattern}" found "${text}")
  list(APPEND includes ${found})
  string(REGEX REPLACE "${pattern}" "\n" text "${text}")
  set(pattern "\n(QTEST_[A-Z_]*MAIN\\([A-Za-z0-9_]+\\))")
  if(NOT text MATCHES "${pattern}")
    message(FATAL_ERROR "${name} has no QTEST_MAIN: its luthier_test line says APART")
  endif()
  string(REGEX REPLACE "${pattern}" "\n#define main run\n\\1\n#undef main" text "${text}")
  string(REPLACE "#include MOC" "#include \"${name}.moc\"" text "${text}")
  string(APPEND bodies "\nnamespace joined_${name} {\n#line 1 \"${source}\"${text}\n}\n")
  string(APPEND choices "    if (name == \"${name}\") {\n        return joined_${name}::run(count, words);\n    }\n")
endforeach()
list(REMOVE_DUPLICATES includes)
# Those in quotes first, as in each of them.
set(own ${includes})
list(FILTER own INCLUDE REGEX "\"")
list(FILTER includes EXCLUDE REGEX "\"")
string(REPLACE ";" "" own "${own}")
string(REPLACE ";" "" includes "${includes}")
file(WRITE ${OUT} "// Made by tests/join_tests.cmake.${own}${includes}
#include <cstdio>
#include <string_view>
${bodies}
#line 1 \"main of joined tests\"
int main(int count, char** words)
{
    std::string_view name = words[0];
    name.remove_prefix(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1);
${choices}    std::fputs(\"Call a test by its own name, which lies beside this program.\\n\", stderr);
    return 2;
}
")
