// SPDX-License-Identifier: GPL-3.0-or-later
// GgufSave: a decoder written as a GGUF file, a row for each kind of file. Torch-free.
//
// Threads: saveGguf and checkGguf block the calling thread, on which `progress` is called, and need the decoder for themselves;
// the others may be called from any.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/gguf/content.h"
#include "core/nn/families/decoder_config.h"
#include "core/weights/conversation.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::nn {
class Decoder;
}

namespace luthier::weights {

struct GgufFileKind {
    const char* id;         // "q4_k_m"
    const char* help;
    std::uint32_t fileType; // general.file_type
    const char* format;     // of most matrices, as gguf::tensorTypes() has it
    bool isMixed = false;   // some matrices finer than the others, as llama.cpp chooses them
    const char* purpose = ""; // which programs it is for: "Ollama, LM Studio"
};

std::span<const GgufFileKind> ggufFileKinds();
const GgufFileKind* findGgufFileKind(std::string_view id);
std::string ggufFileKindNames(); // "f16, bf16, ..."

// The format of one tensor of a file, by its GGUF name; rows that do not divide into blocks fall back to smaller ones.
const gguf::TensorType* ggufFormatOf(const GgufFileKind& kind, const std::string& name, const std::vector<std::uint64_t>& dims,
                                         std::int64_t layers, bool hasHead);

// About how large the file will be, before anything is loaded; what a tokenizer takes is a guess.
std::int64_t ggufFileBytes(const GgufFileKind& kind, const nn::DecoderConfig& config);

// Configuration, tokenizer, chat template and weights; `source` is the folder or GGUF file that the decoder was loaded
// from, to whose own ends and template `talk` adds. Atomic; progress in bytes. What other programs may read otherwise goes to `notes`.
Result<void> saveGguf(nn::Decoder& decoder, const std::filesystem::path& source, const std::filesystem::path& target,
                      const GgufFileKind& kind, std::vector<std::string>& notes, const base::Progress& progress = {},
                      const base::CancelToken& cancel = {}, const Conversation& talk = {});

// Whether the file, read as the numbers of a model folder, holds what saveGguf() was to round the decoder's weights to, to
// the bit. Errors as those of checkNumbers().
Result<void> checkGguf(nn::Decoder& decoder, const std::filesystem::path& written, const GgufFileKind& kind,
                       const base::Progress& progress = {}, const base::CancelToken& cancel = {});

} // namespace luthier::weights
