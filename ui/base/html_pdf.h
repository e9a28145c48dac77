// SPDX-License-Identifier: GPL-3.0-or-later
// writePdf: a report's page (core/report) on paper, A4, with its drawings. Colours are those of print whatever scheme the window has.
//
// Threads: any; it blocks and is meant for jobs.
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace luthier::ui {

// Written whole or not at all. Error: the file cannot be written.
Result<void> writePdf(const std::string& html, const std::filesystem::path& path);

} // namespace luthier::ui
