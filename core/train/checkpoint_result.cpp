// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/checkpoint_result.h"

#include "core/base/files.h"
#include "core/inference/stops.h"
#include "core/nn/device.h"
#include "core/objectives/objectives.h"
#include "core/peft/folders/origin.h"
#include "core/peft/folders/trained_on.h"
#include "core/train/base_model.h"
#include "core/train/checkpoint.h"
#include "core/train/failure.h"
#include "core/train/run.h"
#include "core/train/run_parts.h"
#include "core/train/row_directions.h"
#include "core/weights/load.h"
#include "core/weights/model_folder.h"

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFolder = "as-result";
constexpr const char* kMark = "checkpoint.json"; // which checkpoint it was made from

Result<void> write(const Checkpoint& checkpoint, const config::RunConfig& config, const peft::Method& method, const fs::path& runFolder, const fs::path& target)
{
    const auto placement = nn::choosePlacement("cpu", "fp32"); // the leaves are copied as they are; what computes is chosen where it answers
    if (!placement) {
        return placement.error();
    }
    auto folder = weights::ModelFolder::open(config.model.path);
    auto decoder = folder ? weights::loadDecoder(*folder, placement->device, placement->dtype, {}, {}) : Result<std::shared_ptr<nn::Decoder>>(folder.error());
    if (!decoder) {
        return decoder.error();
    }
    const auto directions = keptDirections(config, runFolder);
    if (!directions) {
        return directions.error();
    }
    peft::Start start(static_cast<std::uint64_t>(config.run.seed), config.model.path);
    start.directions = *directions;
    auto done = method.attach(**decoder, config.method, start);
    done = done ? loadWeightsFrom(checkpoint, method.trainable(**decoder)) : done;
    done = done ? method.save(**decoder, config.method, config.model.path, target) : done;
    if (done && method.writesAdapter) {
        done = peft::writeTrainedOn(target, folder->config().storedAs.empty() ? quantisationOf(config, method) : std::nullopt);
    }
    if (const auto origin = peft::readOrigin(runFolder); done) {
        done = origin ? peft::writeOrigin(target, *origin) : Result<void>(origin.error());
    }
    const auto base = done ? readBaseModel(config) : Result<BaseModel>(done ? Error{} : done.error());
    if (!base) {
        return base.error();
    }
    const auto talk = inference::conversationOf(config.model.path, (*decoder)->config(), base->encoder);
    return talk ? weights::writeConversation(target, *talk) : Result<void>(talk.error());
}

Result<fs::path> make(const fs::path& runFolder, std::int64_t step)
{
    const auto checkpoint = checkpointOf(runFolder, step);
    const auto config = checkpoint ? readRunFolder(runFolder) : Result<config::RunConfig>(checkpoint.error());
    if (!config) {
        return config.error();
    }
    const auto* method = peft::findMethod(config->method.kind);
    const auto objective = objectives::needObjective(config->objective.kind);
    if (method == nullptr || !objective) {
        return method == nullptr ? Error{runFolder.string() + ": there is no method \"" + config->method.kind + "\""} : objective.error();
    }
    if ((*objective)->judges) {
        return Error{runFolder.string() + ": a checkpoint of a model that judges cannot answer; its result scores answers when the run has finished"};
    }
    const auto index = base::readFile(checkpoint->folder / "checkpoint.json");
    if (!index) {
        return index.error();
    }
    const fs::path target = fs::absolute(runFolder / kFolder / checkpoint->folder.filename()).lexically_normal();
    if (const auto mark = base::readFile(target / kMark); mark && *mark == *index) {
        return target;
    }
    const fs::path part = target.string() + ".part";
    auto done = base::removeTree(part);
    done = done ? write(*checkpoint, *config, *method, runFolder, part) : done;
    done = done ? base::writeFileAtomically(part / kMark, *index) : done;
    done = done ? base::removeTree(target) : done;
    if (!done) {
        (void)base::removeTree(part);
        return Error{"step " + std::to_string(step) + ": " + done.message()};
    }
    std::error_code code;
    fs::rename(part, target, code);
    return code ? Result<fs::path>(Error{target.string() + ": cannot be given its name: " + code.message()}) : target;
}

} // namespace

Result<fs::path> resultOfCheckpoint(const fs::path& runFolder, std::int64_t step)
{
    try {
        return make(runFolder, step);
    } catch (const std::exception& problem) {
        return Error{sentenceOf(problem)};
    }
}

} // namespace luthier::train
