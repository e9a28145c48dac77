// SPDX-License-Identifier: GPL-3.0-or-later
// Method: one row of the table of tuning methods. Torch-free; what a row does is in its own file.
// A new method is one file and one line in methods.cpp; forms, flags, checkpoints and tests loop over the table.
// The formulas, with where each comes from, stand at the head of the methods' files.
//
// Threads: the table is constant. What a row does changes or reads the decoder, which nobody else may use meanwhile; it may throw
// what torch throws (memory that is missing).
#pragma once

#include "core/base/result.h"
#include "core/fields/row.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace luthier::nn {
class Decoder;
struct NamedTensor;
}

namespace luthier::peft {

class AdapterFile;
struct AdapterSetting;
struct InputDirections; // eva.h

// What a method may start from besides its settings.
struct Start {
    std::uint64_t seed = 0;
    std::filesystem::path baseFolder; // for its tokenizer; may be empty
    std::shared_ptr<const InputDirections> directions = {}; // where the settings ask for a start made of the rows (needsDirections)

    Start(std::uint64_t seedToUse, std::filesystem::path base = {}) : seed(seedToUse), baseFolder(std::move(base)) {}
};

// What a run trains: a row of methods(), and the settings of all rows (see lora_settings.h and the like).
struct MethodSettings : fields::Sections {
    std::string kind = "lora";
};

struct Method : fields::Row {
    bool writesAdapter = true;           // result is an adapter folder; false: a whole model
    double usualLearningRate = 2e-5;

    // Makes the decoder trainable in this way. Errors: a target that names no projection (lists what there is), ...
    Result<void> (*attach)(nn::Decoder& decoder, const MethodSettings& settings, const Start& start);
    // The trained leaves with stable names, in a fixed order: for the optimizer and checkpoints.
    std::vector<nn::NamedTensor> (*trainable)(nn::Decoder& decoder);
    // Writes the result (adapter in PEFT layout, or whole folder) so that it opens elsewhere unchanged.
    Result<void> (*save)(nn::Decoder& decoder, const MethodSettings& settings,
                         const std::filesystem::path& baseFolder, const std::filesystem::path& target);
    // Kind of adapter folder that save() writes (peft_type, or "BOTTLENECK" for AdapterHub's), and how it is opened,
    // not trainable. The decoder stays as it was on errors. Empty: none.
    std::string folderType = {};
    Result<void> (*open)(nn::Decoder& decoder, AdapterFile& file) = nullptr;
    bool startsAtBase = true; // before the first step the model computes exactly what the base computes
    std::string quantization = {}; // how the base is held unless the settings say: "nf4"; empty: as it is stored
    // Going on from an adapter: the settings that a folder of this type was made with, and what open() attached made
    // trainable as attach() would have it. Null: training cannot go on from what the row saves.
    Result<std::vector<AdapterSetting>> (*settingsOf)(const AdapterFile& file) = nullptr;
    Result<void> (*train)(nn::Decoder& decoder, const MethodSettings& settings) = nullptr;
};

std::span<const Method> methods();
const Method* findMethod(std::string_view id);

} // namespace luthier::peft
