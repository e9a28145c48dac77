// SPDX-License-Identifier: GPL-3.0-or-later
// ScheduleSettings: which row of schedules.h, what all of them share, and the settings of all rows.
#pragma once

#include "core/fields/sections.h"

#include <string>
#include <vector>

namespace luthier::optim {

struct ScheduleSettings : fields::Sections {
    std::string kind = "linear";
    double warmupRatio = 0.1;
};

std::vector<fields::Field> scheduleFields(); // of all schedules, but for the choice among them

} // namespace luthier::optim
