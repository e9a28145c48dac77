// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/doctor/rows.h"

#include <array>

namespace luthier::doctor {

std::span<const Row> rows()
{
    static const std::array table{
        notFiniteRow(),  zeroLossRow(),    zeroGradientRow(), explodingRow(), unmovedRow(), overfittingRow(),
        neverBetterRow(), generalWorseRow(), stillWarmingRow(), slowerRow(),    cutRowsRow(), cutAnswersRow(),
        stuckAtChanceRow(), barelyLearnedRow(), chosenFallsRow(), klRunsAwayRow(), boughtRewardRow(), entropyGoneRow(), noSpreadRow(),
    };
    return table;
}

} // namespace luthier::doctor
