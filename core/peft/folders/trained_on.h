// SPDX-License-Identifier: GPL-3.0-or-later
// TrainedOn: how the base was held while an adapter was trained, kept beside it as base_quantization.json:
//   {"quantization":"nf4","double_quantization":true}
// so that answering, comparing and merging start from the same rounded numbers. Adapters without the file were trained on
// the base as it is stored. Other programs do not look at the file. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/quant/code_tables.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace luthier::peft {

Result<void> writeTrainedOn(const std::filesystem::path& adapter, const std::optional<quant::Quantisation>& quantisation);

// What all adapters agree on; nothing where they differ. Errors name the file that is damaged.
Result<std::optional<quant::Quantisation>> readTrainedOn(const std::vector<std::filesystem::path>& adapters);

} // namespace luthier::peft
