# SPDX-License-Identifier: GPL-3.0-or-later
# Headers that many files read, compiled once for all targets of a kind. They are a matter of speed alone: every file
# includes what it uses, and -DLUTHIER_PRECOMPILED=OFF builds without them.
#
#   luthier_precompile(TARGET KIND)   KIND: core, torch, window, test, torch_test or window_test
#
# A kind's carrier is made with its first target. All targets of a kind must be compiled with the same code generation
# (GCC refuses the file otherwise and says so); single sources with flags of their own set SKIP_PRECOMPILE_HEADERS.
set(LUTHIER_HEADERS_core <algorithm> <array> <charconv> <chrono> <cmath> <cstdint> <filesystem> <functional> <map> <memory>
  <mutex> <numeric> <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>
  <nlohmann/json.hpp>)
set(LUTHIER_HEADERS_torch <ATen/core/Tensor.h> <ATen/TensorOperators.h> <ATen/ops/empty.h> <ATen/ops/zeros.h>
  <c10/core/GradMode.h> ${LUTHIER_HEADERS_core})
set(LUTHIER_HEADERS_window <algorithm> <chrono> <filesystem> <functional> <map> <memory> <optional> <span> <string>
  <string_view> <unordered_map> <variant> <vector> <nlohmann/json.hpp>
  <QtCore/QCoreApplication> <QtCore/QLocale> <QtCore/QFileInfo> <QtCore/QPointer> <QtCore/QTimer>
  <QtGui/QPainter> <QtGui/QAction> <QtGui/QKeyEvent> <QtWidgets/QAbstractItemView> <QtWidgets/QBoxLayout>
  <QtWidgets/QComboBox> <QtWidgets/QFormLayout> <QtWidgets/QHeaderView> <QtWidgets/QLabel> <QtWidgets/QLineEdit>
  <QtWidgets/QPlainTextEdit> <QtWidgets/QPushButton> <QtWidgets/QTableView> <QtWidgets/QToolButton>)
set(LUTHIER_HEADERS_test ${LUTHIER_HEADERS_core} <QtTest/QTest> <QtCore/QTemporaryDir> <QtCore/QTemporaryFile> <QtCore/QProcess>)
# LibTorch's headers come before Qt's.
set(LUTHIER_HEADERS_torch_test ${LUTHIER_HEADERS_torch} <QtTest/QTest> <QtCore/QTemporaryDir> <QtCore/QTemporaryFile> <QtCore/QProcess>)

set(LUTHIER_HEADERS_window_test ${LUTHIER_HEADERS_window} <QtTest/QtTest> <QtCore/QTemporaryDir> <QtCore/QDir>
  <QtWidgets/QListWidget> <QtWidgets/QSpinBox> <QtWidgets/QCheckBox> <QtWidgets/QTableWidget> <QtWidgets/QDialog>)

function(luthier_precompile target kind)
  if(NOT LUTHIER_PRECOMPILED OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  set(carrier luthier_precompiled_${kind})
  if(NOT TARGET ${carrier})
    file(WRITE ${CMAKE_BINARY_DIR}/${carrier}.cpp.new "// Carries precompiled headers.\n")
    configure_file(${CMAKE_BINARY_DIR}/${carrier}.cpp.new ${CMAKE_BINARY_DIR}/${carrier}.cpp COPYONLY)
    add_library(${carrier} OBJECT ${CMAKE_BINARY_DIR}/${carrier}.cpp)
    target_link_libraries(${carrier} PRIVATE luthier_options)
    if(kind MATCHES "torch")
      target_link_libraries(${carrier} PRIVATE luthier_torch)
    endif()
    if(kind MATCHES "window")
      target_link_libraries(${carrier} PRIVATE Qt6::Widgets)
      target_compile_definitions(${carrier} PRIVATE QT_NO_KEYWORDS)
    endif()
    if(kind STREQUAL "window")
      target_compile_definitions(${carrier} PRIVATE QT_NO_CAST_FROM_ASCII)
    elseif(kind MATCHES "test")
      target_link_libraries(${carrier} PRIVATE Qt6::Test)
      target_compile_definitions(${carrier} PRIVATE QT_NO_KEYWORDS)
      target_compile_options(${carrier} PRIVATE $<$<CONFIG:Release>:-O1>)
    endif()
    target_precompile_headers(${carrier} PRIVATE ${LUTHIER_HEADERS_${kind}})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${carrier})
endfunction()
