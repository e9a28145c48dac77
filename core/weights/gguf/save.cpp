// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/gguf/save.h"

#include "core/gguf/blocks.h"
#include "core/gguf/quantise.h"
#include "core/nn/decoder.h"
#include "core/quant/parallel.h"
#include "core/text/tokenizers/gguf/gguf_tokens.h"
#include "core/weights/gguf/names.h"
#include "core/weights/gguf/settings.h"
#include "core/weights/stored_numbers.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <map>

namespace luthier::weights {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kPiece = std::int64_t{1} << 22; // numbers that are rounded at once

// The folder's row s D / 2 + j of a head becomes row 2 j + s.
at::Tensor interleaved(const at::Tensor& tensor, std::int64_t headDim)
{
    return tensor.reshape({-1, 2, headDim / 2, tensor.dim() > 1 ? tensor.size(1) : 1}).transpose(1, 2).reshape(tensor.sizes());
}

// How the decoder's tensor stands in the file; views as far as possible.
at::Tensor inFile(const nn::NamedTensor& item, const nn::DecoderConfig& config, const gguf::Layout& layout)
{
    const bool isRotated = item.name.find(".q_proj.") != std::string::npos || item.name.find(".k_proj.") != std::string::npos;
    at::Tensor tensor = item.tensor.detach();
    if (layout.interleavedHeads && isRotated) {
        tensor = interleaved(tensor, config.headDim);
    }
    if (layout.normsPlusOne && item.name.ends_with("norm.weight")) {
        tensor = tensor.to(at::kFloat) + 1;
    }
    if (layout.untransposed && tensor.dim() == 2 && item.name.find(".h.") != std::string::npos) {
        tensor = tensor.t();
    }
    return tensor;
}

Result<void> putRounded(const at::Tensor& rows, const gguf::TensorType& type, const gguf::Sink& put)
{
    const at::Tensor numbers = rows.to(at::kCPU).to(at::kFloat).contiguous();
    const float* from = numbers.const_data_ptr<float>();
    const std::int64_t blocks = numbers.numel() / type.elements;
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(blocks) * type.bytes);
    const gguf::Quantiser& quantiser = *gguf::findQuantiser(type.name);
    quant::parallelFor(0, blocks, 1024, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            quantiser.quantise(from + i * type.elements, bytes.data() + i * type.bytes);
        }
    });
    return put(bytes.data(), bytes.size());
}

// What a reader gets back of rows that were rounded.
at::Tensor roundTrip(const at::Tensor& numbers, const gguf::TensorType& type)
{
    const at::Tensor rows = numbers.contiguous();
    const at::Tensor out = at::empty_like(rows);
    const float* from = rows.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    const gguf::Quantiser& quantiser = *gguf::findQuantiser(type.name);
    const gguf::BlockFormat& format = *gguf::findBlockFormat(type.name);
    quant::parallelFor(0, rows.numel() / type.elements, 1024, [&](std::int64_t first, std::int64_t last) {
        std::vector<std::uint8_t> block(type.bytes);
        for (std::int64_t i = first; i < last; ++i) {
            quantiser.quantise(from + i * type.elements, block.data());
            format.dequantise(block.data(), to + i * type.elements);
        }
    });
    return out;
}

gguf::TensorToWrite written(const std::string& name, const at::Tensor& tensor, const gguf::TensorType* type,
                                const std::vector<std::uint64_t>& dims)
{
    return {name, dims, type, [tensor, type](const gguf::Sink& put) -> Result<void> {
                const std::int64_t rows = tensor.size(0);
                const std::int64_t step = std::max<std::int64_t>(1, tensor.dim() > 1 ? kPiece / tensor.size(1) : rows);
                for (std::int64_t first = 0; first < rows; first += step) {
                    const auto piece = tensor.narrow(0, first, std::min(step, rows - first));
                    if (auto done = putRounded(piece, *type, put); !done) {
                        return done;
                    }
                }
                return {};
            }};
}

std::map<std::string, std::string> namesInFile(const nn::DecoderConfig& config) // by the folder's
{
    std::map<std::string, std::string> names;
    for (const auto& [gguf, folder] : ggufNames(config)) {
        names[folder] = gguf;
    }
    return names;
}

Result<void> addWeights(nn::Decoder& decoder, const gguf::Layout& layout, const GgufFileKind& kind, gguf::Content& content)
{
    const nn::DecoderConfig& config = decoder.config();
    const auto names = namesInFile(config);
    for (const nn::NamedTensor& item : decoder.tensors()) {
        const auto name = names.find(item.name);
        if (name == names.end()) {
            return Error{"tensor \"" + item.name + "\" has no name in a GGUF file"};
        }
        const at::Tensor tensor = inFile(item, config, layout);
        std::vector<std::uint64_t> dims(tensor.sizes().rbegin(), tensor.sizes().rend());
        const auto* type = ggufFormatOf(kind, name->second, dims, config.layers, !config.tiedHead);
        content.add(written(name->second, tensor, type, dims));
    }
    return {};
}

Result<void> save(nn::Decoder& decoder, const fs::path& source, const fs::path& target, const GgufFileKind& kind,
                  std::vector<std::string>& notes, const base::Progress& progress, const base::CancelToken& cancel,
                  const Conversation& talk)
{
    const nn::DecoderConfig& config = decoder.config();
    auto architecture = ggufArchitectureOf(config);
    if (!architecture) {
        return architecture.error();
    }
    gguf::Content content;
    content.text("general.architecture", architecture->name);
    content.text("general.type", "model");
    content.text("general.name", fs::absolute(source).lexically_normal().stem().string());
    content.whole("general.file_type", kind.fileType);
    if (std::string(kind.format).starts_with("Q")) {
        content.whole("general.quantization_version", 2);
    }
    if (auto added = addGgufSettings(config, content, notes); !added) {
        return added;
    }
    std::vector<text::TokenId> ends = talk.ends; // first, since not all may find a place
    for (const std::int64_t id : config.eosIds) {
        ends.push_back(static_cast<text::TokenId>(id));
    }
    auto tokens = text::ggufTokens(source, config.vocab, ends, talk.chatTemplate);
    if (!tokens) {
        return tokens.error();
    }
    for (std::size_t i = text::kGgufEnds; i < tokens->moreEnds.size(); ++i) {
        notes.push_back("A GGUF file names three tokens that end an answer at most; \"" + tokens->tokens[static_cast<std::size_t>(tokens->moreEnds[i])]
                        + "\" is a further one of this model that it cannot name.");
    }
    text::addTokens(*tokens, content);
    if (auto added = addWeights(decoder, architecture->layout, kind, content); !added) {
        return added;
    }
    return content.write(target, progress, cancel);
}

// Rows keep their numbers wherever they lie, so their order does not matter here.
Result<MeantTensor> meantOf(const nn::NamedTensor& item, const nn::DecoderConfig& config, const gguf::Layout& layout,
                            const GgufFileKind& kind, const std::map<std::string, std::string>& names)
{
    const auto name = names.find(item.name);
    if (name == names.end()) {
        return Error{"tensor \"" + item.name + "\" has no name in a GGUF file"};
    }
    const at::Tensor tensor = inFile(item, config, layout);
    const std::vector<std::uint64_t> dims(tensor.sizes().rbegin(), tensor.sizes().rend());
    const gguf::TensorType& type = *ggufFormatOf(kind, name->second, dims, config.layers, !config.tiedHead);
    const bool plusOne = layout.normsPlusOne && item.name.ends_with("norm.weight");
    if (layout.untransposed && item.tensor.dim() == 2 && item.name.find(".h.") != std::string::npos) {
        return MeantTensor{[&type](const at::Tensor& rows) { return roundTrip(rows.t(), type).t().contiguous(); }, true};
    }
    return MeantTensor{[&type, plusOne](const at::Tensor& rows) {
        return plusOne ? roundTrip(rows + 1, type) - 1 : roundTrip(rows, type);
    }};
}

} // namespace

Result<void> checkGguf(nn::Decoder& decoder, const fs::path& written, const GgufFileKind& kind, const base::Progress& progress,
                       const base::CancelToken& cancel)
{
    const nn::DecoderConfig& config = decoder.config();
    auto architecture = ggufArchitectureOf(config);
    auto folder = architecture ? ModelFolder::open(written) : Result<ModelFolder>(architecture.error());
    if (!folder) {
        return folder.error();
    }
    const auto names = namesInFile(config);
    try {
        return checkNumbers(decoder, *folder, [&](const nn::NamedTensor& item) {
            return meantOf(item, config, architecture->layout, kind, names);
        }, progress, cancel);
    } catch (const std::exception& problem) {
        return Error{written.string() + ": cannot be compared: " + problem.what()};
    }
}

Result<void> saveGguf(nn::Decoder& decoder, const fs::path& source, const fs::path& target, const GgufFileKind& kind,
                      std::vector<std::string>& notes, const base::Progress& progress, const base::CancelToken& cancel,
                      const Conversation& talk)
{
    try {
        const at::NoGradGuard noGrad;
        return save(decoder, source, target, kind, notes, progress, cancel, talk);
    } catch (const std::exception& problem) {
        return Error{target.string() + ": cannot write the model: " + problem.what()};
    }
}

} // namespace luthier::weights
