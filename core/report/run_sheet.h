// SPDX-License-Identifier: GPL-3.0-or-later
// RunSheet: what somebody needs to make a run again: hashes of data, template, base and result as they are now, the recipe with
// its seed, versions, device and precision, and how to start it. A file that changed since the run began is told.
//
// Threads: blocks (files are hashed), any thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/json.h"
#include "core/store/project.h"

#include <string>

namespace luthier::report {

Result<Json> runSheet(store::Project& project, store::RunId run, const base::CancelToken& cancel = {});
std::string sheetText(const Json& sheet); // Markdown

} // namespace luthier::report
