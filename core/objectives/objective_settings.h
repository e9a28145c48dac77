// SPDX-License-Identifier: GPL-3.0-or-later
// What a run minimises: a row of objectives(), and the settings of all rows, each declared beside its row.
#pragma once

#include "core/fields/sections.h"

#include <string>

namespace luthier::objectives {

struct ObjectiveSettings : fields::Sections {
    std::string kind = "sft"; // id of a row
};

} // namespace luthier::objectives
