// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"

#include <vector>

namespace luthier::cli {

std::span<const Command> commands()
{
    static const std::vector<Command> table{
        firstTuneCommand(),
        tuneCommand(),
        resumeCommand(),
        adviseCommand(),
        planCommand(),
        shootoutCommand(),
        generateCommand(),
        compareCommand(),
        scoreCommand(),
        rewardCommand(),
        evalCommand(),
        judgeCommand(),
        reportCommand(),
        rewardsCommand(),
        rolloutsCommand(),
        mergeCommand(),
        exportCommand(),
        tokenizeCommand(),
        detokenizeCommand(),
        renderCommand(),
        dataCommand(),
        runsCommand(),
        modelsCommand(),
        adaptersCommand(),
        recipeCommand(),
        benchCommand(),
    };
    return table;
}

int Context::fail(const std::string& sentence) const
{
    if (cancel.isCancelled() && !console.isClosed()) {
        return kInterrupted;
    }
    if (!console.isClosed()) {
        console.error(sentence);
    }
    return kFailed;
}

} // namespace luthier::cli
