// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/checkpoint.h"

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/train/checkpoint_name.h"
#include "core/train/checkpoint_result.h"
#include "core/weights/load.h"

#include <algorithm>
#include <unistd.h>

namespace luthier::train {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kInParts = 2; // the newest
constexpr const char* kWeights = "weights.safetensors";
constexpr const char* kOptimizer = "optimizer.safetensors";
constexpr const char* kIndex = "checkpoint.json";
constexpr const char* kTemporary = ".tmp-";
constexpr const char* kDescribed = ".json"; // behind the name of a part that is whole

fs::path checkpointsOf(const fs::path& runFolder)
{
    return runFolder / "checkpoints";
}

// Newest first.
std::vector<std::pair<std::int64_t, fs::path>> foldersOf(const fs::path& runFolder)
{
    std::vector<std::pair<std::int64_t, fs::path>> folders;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(checkpointsOf(runFolder), code)) {
        if (const auto step = stepOfCheckpoint(entry.path().filename().string())) {
            folders.emplace_back(*step, entry.path());
        }
    }
    std::sort(folders.rbegin(), folders.rend());
    return folders;
}

void removeLeftovers(const fs::path& runFolder)
{
    std::error_code code;
    std::vector<fs::path> leftovers;
    for (const auto& entry : fs::directory_iterator(checkpointsOf(runFolder), code)) {
        if (entry.path().filename().string().find(kTemporary) != std::string::npos) {
            leftovers.push_back(entry.path());
        }
    }
    for (const fs::path& path : leftovers) {
        static_cast<void>(base::removeTree(path));
    }
}

bool removeCheckpoint(const fs::path& folder)
{
    // Renamed first: a kill in between leaves a leftover, not half a checkpoint.
    std::error_code code;
    const fs::path leaving = folder.string() + kTemporary + "old";
    fs::rename(folder, leaving, code);
    return base::removeTree(code ? folder : leaving).ok();
}

Result<void> writeTensors(const fs::path& path, const std::vector<nn::NamedTensor>& tensors)
{
    std::vector<weights::TensorToWrite> all;
    for (const auto& [name, tensor] : tensors) {
        all.push_back(weights::toWrite(name, tensor));
    }
    return weights::writeSafetensors(path, std::move(all));
}

Json toJson(const CheckpointInfo& info)
{
    return {{"version", kVersion},
            {"step", info.step},
            {"next", {{"epoch", info.next.epoch}, {"step", info.next.step}}},
            {"seconds", info.seconds},
            {"data", info.dataHash},
            {"device", info.device},
            {"dtype", info.dtype},
            {"threads", info.threads},
            {"recipe", info.recipe},
            {"reference", info.reference}};
}

Result<Json> writeDescribed(const fs::path& path, const std::vector<nn::NamedTensor>& tensors)
{
    auto written = writeTensors(path, tensors);
    return written ? describeTensors(path) : Result<Json>(written.error());
}

// `optimizer` writes what the optimizer holds and gives its files as the index describes them.
using WriteOptimizer = std::function<Result<Json>(const fs::path& folder)>;

Result<void> writeInto(const fs::path& folder, const CheckpointInfo& info, const std::vector<nn::NamedTensor>& weights, const WriteOptimizer& optimizer)
{
    Json index = toJson(info);
    auto described = writeDescribed(folder / kWeights, weights);
    auto files = described ? optimizer(folder) : Result<Json>(described.error());
    if (!files) {
        return files.error();
    }
    index["version"] = files->contains(kOptimizer) ? kVersion : kInParts;
    index["files"] = *files;
    index["files"][kWeights] = *described;
    index["hash"] = base::sha256(base::dumpJson(index));
    return base::writeFileAtomically(folder / kIndex, base::dumpJson(index, 2) + "\n");
}

// Gives those of the optimizer.
Result<std::vector<std::string>> checkFiles(const fs::path& folder, const Json& files)
{
    std::vector<std::string> optimizer;
    for (const auto& [name, described] : files.items()) {
        if (name != kWeights) {
            optimizer.push_back(name);
        }
    }
    if (optimizer != std::vector<std::string>{kOptimizer} && !areAllParts(optimizer)) {
        return Error{folder.string() + ": what the optimizer held is not all there"};
    }
    std::vector<std::string> all{kWeights};
    all.insert(all.end(), optimizer.begin(), optimizer.end());
    for (const std::string& name : all) {
        auto found = describeTensors(folder / name);
        if (!found) {
            return found.error();
        }
        if (!files.contains(name) || *found != files.at(name)) {
            return Error{(folder / name).string() + ": the bytes are not those that were saved"};
        }
    }
    return optimizer;
}

Result<Checkpoint> readCheckpoint(const fs::path& folder)
{
    auto index = base::readJson(folder / kIndex);
    if (!index) {
        return index.error();
    }
    const std::string where = (folder / kIndex).string();
    if (!index->is_object() || !index->contains("hash") || !index->contains("files")) {
        return Error{where + ": this is no checkpoint's index"};
    }
    Json content = *index;
    content.erase("hash");
    if (index->at("hash") != base::sha256(base::dumpJson(content))) {
        return Error{where + ": the bytes are not those that were saved"};
    }
    if (content.value("version", std::int64_t{0}) > kInParts) {
        return Error{where + ": written by a newer Luthier"};
    }
    auto optimizer = checkFiles(folder, content.at("files"));
    if (!optimizer) {
        return optimizer.error();
    }
    // The hash was right, so the types are those that toJson() wrote.
    Checkpoint checkpoint{folder, {}, std::move(*optimizer)};
    CheckpointInfo& info = checkpoint.info;
    info.step = content.at("step");
    info.next = {content.at("next").at("epoch"), content.at("next").at("step")};
    info.seconds = content.at("seconds");
    info.dataHash = content.at("data");
    info.device = content.at("device");
    info.dtype = content.at("dtype");
    info.threads = content.at("threads");
    info.recipe = content.at("recipe");
    info.reference = content.value("reference", std::string()); // older ones had none
    return checkpoint;
}

Result<Checkpoint> tryCheckpoint(const fs::path& folder)
{
    try {
        return readCheckpoint(folder);
    } catch (const std::exception& problem) {
        return Error{folder.string() + ": " + problem.what()};
    }
}

Result<std::vector<nn::NamedTensor>> readTensors(const fs::path& path)
{
    auto opened = weights::SafetensorsFile::open(path);
    if (!opened) {
        return opened.error();
    }
    const std::shared_ptr<const weights::SafetensorsFile> file = *opened;
    std::vector<nn::NamedTensor> tensors;
    for (const weights::TensorInfo& info : file->tensors()) {
        auto tensor = weights::readTensor({file, &info});
        if (!tensor) {
            return tensor.error();
        }
        tensors.push_back({info.name, std::move(*tensor)});
    }
    return tensors;
}

// Where ranks write together.
fs::path commonFolder(const fs::path& runFolder, std::int64_t step, const RankParts& parts)
{
    return (checkpointsOf(runFolder) / checkpointName(step)).string() + kTemporary + parts.mark;
}

// Waits for the others' parts; gives what the index says of all.
Result<Json> partsOfAll(const fs::path& folder, const RankParts& parts, const Json& own, const std::function<void(const std::vector<std::int64_t>&)>& await)
{
    Json files{{partName(parts.rank, parts.ranks), own}};
    for (std::vector<std::int64_t> missing; ; await(missing)) {
        missing.clear();
        for (std::int64_t rank = 0; rank < parts.ranks; ++rank) {
            const std::string name = partName(rank, parts.ranks);
            std::error_code code;
            if (files.contains(name)) {
                continue;
            }
            if (!fs::exists(folder / (name + kDescribed), code)) {
                missing.push_back(rank);
                continue;
            }
            auto described = base::readJson(folder / (name + kDescribed));
            if (!described) {
                return described.error();
            }
            files[name] = *described;
        }
        if (missing.empty()) {
            return files;
        }
    }
}

Result<void> putInPlace(const fs::path& temporary, const fs::path& target)
{
    if (auto synced = base::syncDirectory(temporary); !synced) {
        return synced;
    }
    std::error_code code;
    const fs::path old = target.string() + kTemporary + "old"; // of the same step, saved again
    fs::rename(target, old, code);
    fs::rename(temporary, target, code);
    auto done = code ? Result<void>(Error{target.string() + ": cannot be renamed into place: " + code.message()})
                     : base::syncDirectory(target.parent_path());
    static_cast<void>(base::removeTree(old));
    return done;
}

} // namespace

Result<fs::path> saveCheckpoint(const fs::path& runFolder, const CheckpointInfo& info,
                                const std::vector<nn::NamedTensor>& weights,
                                const std::vector<nn::NamedTensor>& optimizer)
{
    const fs::path target = checkpointsOf(runFolder) / checkpointName(info.step);
    const fs::path temporary = target.string() + kTemporary + std::to_string(::getpid());
    static_cast<void>(base::removeTree(temporary));
    auto done = base::makeDirectories(temporary);
    done = done ? writeInto(temporary, info, weights, [&](const fs::path& folder) -> Result<Json> {
        auto described = writeDescribed(folder / kOptimizer, optimizer);
        return described ? Result<Json>(Json{{kOptimizer, *described}}) : described;
    }) : std::move(done);
    done = done ? putInPlace(temporary, target) : std::move(done);
    if (!done) {
        static_cast<void>(base::removeTree(temporary));
        return done.error();
    }
    return target;
}

Result<void> savePart(const fs::path& runFolder, std::int64_t step, const RankParts& parts, const std::vector<StatePiece>& own)
{
    const fs::path folder = commonFolder(runFolder, step, parts);
    const std::string name = partName(parts.rank, parts.ranks);
    if (auto made = base::makeDirectories(folder); !made) {
        return made;
    }
    const auto described = writePart(folder / name, own);
    auto done = described ? base::writeFileAtomically(folder / (name + kDescribed), base::dumpJson(*described)) : Result<void>(described.error());
    if (!done) {
        std::error_code code;
        fs::remove(folder / name, code);
    }
    return done;
}

Result<fs::path> saveCheckpoint(const fs::path& runFolder, const CheckpointInfo& info, const std::vector<nn::NamedTensor>& weights, const RankParts& parts,
                                const std::vector<StatePiece>& own, const std::function<void(const std::vector<std::int64_t>& missing)>& await)
{
    const fs::path target = checkpointsOf(runFolder) / checkpointName(info.step);
    const fs::path common = commonFolder(runFolder, info.step, parts);
    const std::string name = partName(parts.rank, parts.ranks);
    auto done = base::makeDirectories(common);
    done = done ? writeInto(common, info, weights, [&](const fs::path& folder) -> Result<Json> {
        auto described = writePart(folder / name, own);
        return described ? partsOfAll(folder, parts, *described, await) : described;
    }) : std::move(done);
    done = done ? putInPlace(common, target) : std::move(done);
    if (!done) { // the others' files stay for another try
        std::error_code code;
        for (const std::string& mine : {std::string(kWeights), name, std::string(kIndex)}) {
            fs::remove(common / mine, code);
        }
        return done.error();
    }
    for (std::int64_t rank = 0; rank < parts.ranks; ++rank) { // the index has what they said
        std::error_code code;
        fs::remove(target / (partName(rank, parts.ranks) + kDescribed), code);
    }
    return target;
}

CheckpointSearch newestCheckpoint(const fs::path& runFolder)
{
    CheckpointSearch search;
    removeLeftovers(runFolder);
    for (const auto& [step, folder] : foldersOf(runFolder)) {
        search.foundAny = true;
        auto checkpoint = tryCheckpoint(folder);
        if (checkpoint) {
            search.newest = std::move(*checkpoint);
            return search;
        }
        search.problems.push_back("The checkpoint of step " + std::to_string(step) + " is broken and was put aside: "
                                  + checkpoint.message());
        std::error_code code;
        static_cast<void>(base::removeTree(folder.string() + ".broken"));
        fs::rename(folder, folder.string() + ".broken", code);
    }
    return search;
}

Result<Checkpoint> checkpointOf(const fs::path& runFolder, std::int64_t step)
{
    const fs::path folder = checkpointsOf(runFolder) / checkpointName(step);
    std::error_code code;
    if (!fs::exists(folder, code)) {
        return Error{runFolder.string() + ": there is no checkpoint of step " + std::to_string(step)};
    }
    return tryCheckpoint(folder);
}

std::vector<std::int64_t> stepsWithCheckpoint(const fs::path& runFolder)
{
    std::vector<std::int64_t> steps;
    for (const auto& [step, folder] : foldersOf(runFolder)) {
        steps.insert(steps.begin(), step);
    }
    return steps;
}

Result<void> setLaterAside(const fs::path& runFolder, std::int64_t step)
{
    const auto folders = foldersOf(runFolder);
    if (std::none_of(folders.begin(), folders.end(), [step](const auto& known) { return known.first == step; })) {
        return Error{runFolder.string() + ": there is no checkpoint of step " + std::to_string(step)};
    }
    for (const auto& [later, folder] : folders) {
        if (later <= step) {
            continue;
        }
        const fs::path aside = folder.string() + ".aside";
        std::error_code code;
        static_cast<void>(base::removeTree(aside));
        fs::rename(folder, aside, code);
        if (code) {
            return Error{folder.string() + ": cannot be put aside: " + code.message()};
        }
    }
    return {};
}

Result<void> loadWeightsFrom(const Checkpoint& checkpoint, std::vector<nn::NamedTensor> weights)
{
    auto stored = readTensors(checkpoint.folder / kWeights);
    if (!stored) {
        return stored.error();
    }
    std::vector<std::pair<at::Tensor, at::Tensor>> copies;
    for (auto& [name, tensor] : weights) {
        const auto found = std::find_if(stored->begin(), stored->end(),
                                        [&, &wanted = name](const auto& s) { return s.name == wanted; });
        if (found == stored->end() || !found->tensor.sizes().equals(tensor.sizes())) {
            return Error{checkpoint.folder.string() + ": \"" + name
                         + (found == stored->end() ? "\" is missing" : "\" has another shape")
                         + "; the checkpoint was made with another model or method"};
        }
        copies.emplace_back(tensor.detach(), found->tensor);
    }
    for (auto& [target, source] : copies) {
        target.copy_(source);
    }
    return {};
}

Result<std::vector<nn::NamedTensor>> optimizerStateOf(const Checkpoint& checkpoint)
{
    if (checkpoint.optimizer == std::vector<std::string>{kOptimizer}) {
        return readTensors(checkpoint.folder / kOptimizer);
    }
    std::vector<fs::path> files;
    for (const std::string& name : checkpoint.optimizer) {
        files.push_back(checkpoint.folder / name);
    }
    return joinParts(files);
}

bool dropOldestCheckpoint(const fs::path& runFolder)
{
    const auto folders = foldersOf(runFolder);
    return folders.size() > 1 && removeCheckpoint(folders.back().second);
}

void rotateCheckpoints(const fs::path& runFolder, std::int64_t keep)
{
    const auto folders = foldersOf(runFolder);
    for (auto i = static_cast<std::size_t>(std::max<std::int64_t>(1, keep)); i < folders.size(); ++i) {
        (void)removeCheckpoint(folders[i].second);
    }
}

} // namespace luthier::train
