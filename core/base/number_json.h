// SPDX-License-Identifier: GPL-3.0-or-later
// A number as JSON has it: what is not finite is null.
//
// Threads: a free function, any thread.
#pragma once

#include "core/base/json.h"

#include <cmath>

namespace luthier::base {

inline Json numberJson(double value)
{
    return std::isfinite(value) ? Json(value) : Json();
}

} // namespace luthier::base
