// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of the run doctor, each in the file of its subject. Internal to doctor.
#pragma once

#include "core/doctor/doctor.h"

namespace luthier::doctor {

inline constexpr double kRise = 1e-3; // of a loss: less is no rise

// rows_numbers.cpp
Row notFiniteRow();
Row zeroLossRow();
Row zeroGradientRow();
Row explodingRow();
Row unmovedRow();

// rows_course.cpp
Row overfittingRow();
Row neverBetterRow();
Row generalWorseRow();
Row stillWarmingRow();
Row slowerRow();
Row cutRowsRow();
Row cutAnswersRow();

// rows_preferences.cpp
Row stuckAtChanceRow();
Row barelyLearnedRow();
Row chosenFallsRow();
Row klRunsAwayRow();
Row boughtRewardRow();
Row entropyGoneRow();
Row noSpreadRow();

} // namespace luthier::doctor
