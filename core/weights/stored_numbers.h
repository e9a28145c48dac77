// SPDX-License-Identifier: GPL-3.0-or-later
// StoredNumbers: whether a written model holds the very numbers that were meant, tensor by tensor and to the bit. What
// rounding them costs is another question. Names torch types; internal to core.
//
// Threads: blocks the calling thread, on which `progress` is called (in bytes); the decoder is read only.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/nn/decoder.h"
#include "core/weights/model_folder.h"

#include <functional>
#include <string>

namespace luthier::weights {

// What the file should hold of some rows of a tensor (fp32 on the CPU, [rows, columns]), in its numbers as a reader sees them.
using Meant = std::function<at::Tensor(const at::Tensor& rows)>;

// `meantOf` gives the rounding of one tensor; a tensor that it names as whole is not cut into rows. Errors name the tensor:
// a weight that is no finite number before it is written, one that the file's type cannot hold, a number that is not the one
// that was meant.
struct MeantTensor {
    Meant meant;
    bool isWhole = false;
};
Result<void> checkNumbers(nn::Decoder& decoder, const ModelFolder& written,
                          const std::function<Result<MeantTensor>(const nn::NamedTensor& item)>& meantOf,
                          const base::Progress& progress = {}, const base::CancelToken& cancel = {});

// Of a folder that is stored as one dtype.
Result<void> checkNumbers(nn::Decoder& decoder, const ModelFolder& written, at::ScalarType storedAs,
                          const base::Progress& progress = {}, const base::CancelToken& cancel = {});

} // namespace luthier::weights
