// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/results/run_result.h"

#include "core/inference/stops.h"
#include "core/peft/folders/origin.h"
#include "core/peft/folders/score_folder.h"
#include "core/peft/folders/trained_on.h"
#include "core/train/answers/value_model.h"
#include "core/train/step/heads.h"

namespace luthier::train {

namespace fs = std::filesystem;

Result<void> writeRunResult(const config::RunConfig& config, RunParts& parts, const fs::path& runFolder, const fs::path& result)
{
    const nn::ScoreHead scores = parts.objective->judges ? nn::ScoreHead{parts.heads.front().tensor.detach(), parts.data.labels} : nn::ScoreHead();
    if (scores.exists()) {
        parts.decoder->setScoreHead(scores); // a whole model is written with it
    }
    auto written = parts.method->save(*parts.decoder, config.method, config.model.path, result);
    if (written && scores.exists() && parts.method->writesAdapter) {
        written = peft::addScoreHead(result, scores);
    } else if (written && hasValues(*parts.objective)) {
        written = writeValues(parts, config, result);
    } else if (written && !scores.exists() && !parts.heads.empty()) {
        written = saveHeads(parts.heads, result);
    }
    written = written ? peft::writeTrainedOn(result, parts.quantisation) : std::move(written);
    if (const auto origin = peft::readOrigin(runFolder); written) {
        written = origin ? peft::writeOrigin(result, *origin) : Result<void>(origin.error());
    }
    if (written) {
        const auto talk = inference::conversationOf(config.model.path, parts.decoder->config(), parts.encoder);
        written = talk ? weights::writeConversation(result, *talk) : Result<void>(talk.error());
    }
    return written;
}

} // namespace luthier::train
