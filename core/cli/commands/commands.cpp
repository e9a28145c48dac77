// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/command.h"

#include <vector>

namespace luthier::cli {

Command comparisonsCommand(); // cmd_comparisons.cpp
Command pipelineCommand(); // cmd_pipeline.cpp
Command remoteCommand();   // cmd_remote.cpp

std::span<const Command> commands()
{
    static const std::vector<Command> table{
        firstTuneCommand(),
        tuneCommand(),
        resumeCommand(),
        launchCommand(),
        queueCommand(),
        remoteCommand(),
        adviseCommand(),
        planCommand(),
        shootoutCommand(),
        sweepCommand(),
        rateCommand(),
        generateCommand(),
        compareCommand(),
        comparisonsCommand(),
        promptsCommand(),
        scoreCommand(),
        rewardCommand(),
        evalCommand(),
        judgeCommand(),
        reportCommand(),
        rewardsCommand(),
        rolloutsCommand(),
        pipelineCommand(),
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

int Context::done(const Json& object, std::string_view text) const
{
    console.endProgress();
    if (console.isJson()) {
        console.line(object);
    } else {
        console.text(text);
    }
    return kDone;
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
