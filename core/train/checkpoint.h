// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints: checkpoints/step-N/ in a run's folder, with all that a run needs to go on exactly.
// Internal to core: names torch types.
//
//   weights.safetensors    the trained leaves
//   optimizer.safetensors  moments, fp32 masters and step count (see Optimizer::state); or, of ranks that hold a part of it each,
//                          optimizer-1-of-2.safetensors, ... (ranks/checkpoint_parts.h), which one rank or many read
//   checkpoint.json        step, place in the data, recipe, size and SHA-256 of the files; "hash" is its own
// Dropout and order of the data are functions of seed, step and place (TrainStep, BatchPlan): no other random
// state exists.
//
// A folder appears whole under its name (written beside it, synced, read back, renamed) or not at all. Older ones
// go only after that. Ranks with parts write into one folder beside it, each its own file and, behind that, what the index says of it; rank 0
// renames once it finds all. So no rank waits for another but rank 0, which looks for files, and a part that never comes leaves what was.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/nn/decoder.h"
#include "core/train/ranks/checkpoint_parts.h"
#include "core/train/plan/batch_plan.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace luthier::train {

struct CheckpointInfo {
    std::int64_t step = 0;
    BatchCursor next;         // where the step after this one begins
    double seconds = 0;       // trained so far
    std::string dataHash;     // ItemStore::hash of the training items
    std::string device;       // where the run can go on bit for bit
    std::string dtype;
    std::int64_t threads = 0;
    Json recipe;
    std::string reference;    // which model the run compares with (reference_pass.h); empty: none
};

struct Checkpoint {
    std::filesystem::path folder;
    CheckpointInfo info;
    std::vector<std::string> optimizer; // its file, or those of its parts
};

struct CheckpointSearch {
    std::optional<Checkpoint> newest;  // whose files are whole
    std::vector<std::string> problems; // one sentence for each newer one that is broken
    bool foundAny = false;
};

// Gives the folder. Errors (a full disk, ...) leave no trace and older checkpoints as they are.
Result<std::filesystem::path> saveCheckpoint(const std::filesystem::path& runFolder, const CheckpointInfo& info,
                                             const std::vector<nn::NamedTensor>& weights,
                                             const std::vector<nn::NamedTensor>& optimizer);

// Of ranks that hold a part of the optimizer's state each and see one folder.
struct RankParts {
    std::string mark; // of this start of the run, the same on all ranks: what an earlier one left is none of theirs
    std::int64_t rank = 0;
    std::int64_t ranks = 1;
};
// Of all ranks but the first: its file, where rank 0 looks for it. Again is as once.
Result<void> savePart(const std::filesystem::path& runFolder, std::int64_t step, const RankParts& parts, const std::vector<StatePiece>& own);
// Of rank 0. `await` is called with the ranks whose files are missing, time and again until they are there; it throws to give up.
Result<std::filesystem::path> saveCheckpoint(const std::filesystem::path& runFolder, const CheckpointInfo& info,
                                             const std::vector<nn::NamedTensor>& weights, const RankParts& parts,
                                             const std::vector<StatePiece>& own,
                                             const std::function<void(const std::vector<std::int64_t>& missing)>& await);

// Checks every hash. A broken checkpoint is renamed to <name>.broken and never used; leftovers of a kill go.
CheckpointSearch newestCheckpoint(const std::filesystem::path& runFolder);

// That of one step. Errors: none there, or broken; it stays as it lies.
Result<Checkpoint> checkpointOf(const std::filesystem::path& runFolder, std::int64_t step);

// Makes the checkpoint of this step the newest: those behind it are put aside (their names get an ending). Error: there is none.
Result<void> setLaterAside(const std::filesystem::path& runFolder, std::int64_t step);

// Copies into `weights`. Errors name the tensor that is missing or of another shape; nothing changes then.
Result<void> loadWeightsFrom(const Checkpoint& checkpoint, std::vector<nn::NamedTensor> weights);
Result<std::vector<nn::NamedTensor>> optimizerStateOf(const Checkpoint& checkpoint);

// Deletes the oldest, never the newest. False: there was none to spare.
bool dropOldestCheckpoint(const std::filesystem::path& runFolder);

// Deletes all but the newest `keep` (at least one).
void rotateCheckpoints(const std::filesystem::path& runFolder, std::int64_t keep);

} // namespace luthier::train
