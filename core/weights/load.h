// SPDX-License-Identifier: GPL-3.0-or-later
// Loading and saving a Decoder's weights. Names torch types; internal to core. Shapes are those of torch's Linear, [out, in].
//
// Threads: each function blocks the calling thread, on which `progress` is called (in bytes); nobody else may use the decoder
// meanwhile. Errors: sentences with file and tensor; "cancelled". May throw what torch throws (memory that is missing).
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/nn/decoder.h"
#include "core/weights/model_folder.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace luthier::weights {

// Fills every tensor of the decoder from the folder, converting the dtype chunk by chunk (no second copy of the
// weights). A missing tensor or a wrong shape is a sentence with its name and both shapes; extra tensors are
// returned as names in `unused`. Projections that the decoder holds in 4-bit codes are quantised while they are read, or
// taken as bitsandbytes stored them; where a folder stores only some projections of a group in codes, the group takes
// numbers.
Result<void> loadWeights(nn::Decoder& decoder, const ModelFolder& folder, std::vector<std::string>* unused = nullptr,
                         const base::Progress& progress = {}, const base::CancelToken& cancel = {});

// Opens folder, builds the decoder on device and dtype, loads. What bitsandbytes quantised stays so; other folders'
// projections are quantised where that is `asked`. With `shards` projections are split as they come: never more than one layer of
// them is in memory whole.
Result<std::shared_ptr<nn::Decoder>> loadDecoder(const ModelFolder& folder, at::Device device, at::ScalarType dtype,
                                                 const base::Progress& progress = {},
                                                 std::optional<quant::Quantisation> asked = {},
                                                 std::shared_ptr<nn::LayerShards> shards = {});

// Writes a model folder that opens in transformers: config.json (from `source`, dtype updated), model.safetensors
// (shards of `shardBytes` with an index when larger), tokenizer and template files copied from `source`. Where `source` is
// a GGUF file, config and tokenizer files are made from its settings.
Result<void> saveModelFolder(nn::Decoder& decoder, const std::filesystem::path& source,
                             const std::filesystem::path& target, at::ScalarType storeAs,
                             std::int64_t shardBytes = 5'000'000'000);

// Contiguous CPU bytes of a tensor as a TensorToWrite (copied lazily when its turn comes).
TensorToWrite toWrite(const std::string& name, const at::Tensor& tensor);
Result<at::Tensor> readTensor(const StoredTensor& stored); // CPU, stored dtype
Dtype dtypeOf(at::ScalarType type);
at::ScalarType scalarTypeOf(Dtype dtype);

} // namespace luthier::weights
