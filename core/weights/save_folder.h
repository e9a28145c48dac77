// SPDX-License-Identifier: GPL-3.0-or-later
// Saving a model folder where somebody waits: with progress and an end in the middle. Names torch types; internal to core.
#pragma once

#include "core/base/cancel.h"
#include "core/weights/load.h"

namespace luthier::weights {

struct SaveWatch {
    base::Progress progress; // bytes of weights, before each tensor and at the end; may be empty
    base::CancelToken cancel;
};

// As the other one (load.h), asking before each tensor and shard whether to go on. "cancelled": what was written by then
// is no model, since config.json comes last, and the caller removes the folder.
Result<void> saveModelFolder(nn::Decoder& decoder, const std::filesystem::path& source, const std::filesystem::path& target,
                             at::ScalarType storeAs, const SaveWatch& watch, std::int64_t shardBytes = 5'000'000'000);

} // namespace luthier::weights
