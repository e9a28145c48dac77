// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/objectives_table.h"

#include <algorithm>
#include <array>

namespace luthier::objectives {

std::span<const Objective> objectives()
{
    static const std::array table{sft(), pretrain(), dpo(), kto(), orpo(), simpo(), reward(), classification(), grpo(), rloo(), ppo()};
    return table;
}

const Objective* findObjective(std::string_view id)
{
    const auto all = objectives();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Objective& row) { return row.id == id; });
    return found == all.end() ? nullptr : &*found;
}

Result<const Objective*> needObjective(const std::string& kind)
{
    if (const Objective* found = findObjective(kind)) {
        return found;
    }
    std::string names;
    for (const Objective& row : objectives()) {
        names += (names.empty() ? "" : ", ") + row.id;
    }
    return Error{"objective.kind: there is no objective \"" + kind + "\"; there are " + names};
}

} // namespace luthier::objectives
