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
constexpr const char* kWeights = "weights.safetensors";
constexpr const char* kOptimizer = "optimizer.safetensors";
constexpr const char* kIndex = "checkpoint.json";
constexpr const char* kTemporary = ".tmp-";

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

Result<Json> describeFile(const fs::path& path)
{
    auto opened = weights::SafetensorsFile::open(path); // reads it back: header and bounds
    if (!opened) {
        return opened.error();
    }
    auto hash = base::sha256OfFile(path);
    if (!hash) {
        return hash.error();
    }
    std::error_code code;
    return Json{{"bytes", fs::file_size(path, code)}, {"sha256", *hash}};
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

Result<void> writeInto(const fs::path& folder, const CheckpointInfo& info,
                       const std::vector<nn::NamedTensor>& weights,
                       const std::vector<nn::NamedTensor>& optimizer)
{
    Json index = toJson(info);
    for (const auto& [name, tensors] : {std::pair{kWeights, &weights}, std::pair{kOptimizer, &optimizer}}) {
        if (auto written = writeTensors(folder / name, *tensors); !written) {
            return written;
        }
        auto described = describeFile(folder / name);
        if (!described) {
            return described.error();
        }
        index["files"][name] = *described;
    }
    index["hash"] = base::sha256(base::dumpJson(index));
    return base::writeFileAtomically(folder / kIndex, base::dumpJson(index, 2) + "\n");
}

Result<void> checkFiles(const fs::path& folder, const Json& files)
{
    for (const char* name : {kWeights, kOptimizer}) {
        auto found = describeFile(folder / name);
        if (!found) {
            return found.error();
        }
        if (!files.contains(name) || *found != files.at(name)) {
            return Error{(folder / name).string() + ": the bytes are not those that were saved"};
        }
    }
    return {};
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
    if (content.value("version", std::int64_t{0}) > kVersion) {
        return Error{where + ": written by a newer Luthier"};
    }
    if (auto good = checkFiles(folder, content.at("files")); !good) {
        return good.error();
    }
    // The hash was right, so the types are those that toJson() wrote.
    Checkpoint checkpoint{folder, {}};
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

} // namespace

Result<fs::path> saveCheckpoint(const fs::path& runFolder, const CheckpointInfo& info,
                                const std::vector<nn::NamedTensor>& weights,
                                const std::vector<nn::NamedTensor>& optimizer)
{
    const fs::path target = checkpointsOf(runFolder) / checkpointName(info.step);
    const fs::path temporary = target.string() + kTemporary + std::to_string(::getpid());
    std::error_code code;
    static_cast<void>(base::removeTree(temporary));
    auto done = base::makeDirectories(temporary);
    done = done ? writeInto(temporary, info, weights, optimizer) : std::move(done);
    done = done ? base::syncDirectory(temporary) : std::move(done);
    if (done) {
        const fs::path old = target.string() + kTemporary + "old"; // of the same step, saved again
        fs::rename(target, old, code);
        fs::rename(temporary, target, code);
        done = code ? Result<void>(Error{target.string() + ": cannot be renamed into place: " + code.message()})
                    : base::syncDirectory(target.parent_path());
        std::error_code ignored;
        static_cast<void>(base::removeTree(old));
    }
    if (!done) {
        static_cast<void>(base::removeTree(temporary));
        return done.error();
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
    return readTensors(checkpoint.folder / kOptimizer);
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
