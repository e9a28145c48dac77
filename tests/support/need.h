// SPDX-License-Identifier: GPL-3.0-or-later
// What tests ask for and must have, and where the reference values lie.
#pragma once

#include "core/base/result.h"

#include <QtGlobal>

#include <filesystem>
#include <utility>

namespace luthier::support {

inline const std::filesystem::path kReference = std::filesystem::path(LUTHIER_SOURCE_DIR) / "tests/reference";

// The value; ends the test program with the sentence where there is none.
template <class T>
T need(Result<T> result)
{
    if (!result) {
        qFatal("%s", result.message().c_str());
    }
    return std::move(*result);
}

inline void need(const Result<void>& result)
{
    if (!result) {
        qFatal("%s", result.message().c_str());
    }
}

} // namespace luthier::support
