// SPDX-License-Identifier: GPL-3.0-or-later
// SourceNames: how a model's own files spell what a decoder calls by its usual names, and what else they hold, so that a
// model written from it opens wherever its source does. A model that also sees pictures (gemma3 of 4B and more) has its words
// under "language_model" and keeps a tower of vision beside them. Torch-free.
#pragma once

#include "core/base/result.h"
#include "core/weights/model_folder.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace luthier::weights {

class SourceNames {
public:
    // Of a GGUF file, or a folder without weights (a model from scratch): the usual names and nothing else.
    // Errors: a folder that cannot be read.
    static Result<SourceNames> of(const std::filesystem::path& source);

    bool hasWeights() const { return m_folder.has_value(); }
    // The words are a part of the model.
    bool isNested() const { return !m_front.empty(); }
    // "model.layers.0.mlp.up_proj.weight" -> "language_model.model.layers.0.mlp.up_proj.weight", where they are.
    std::string nameOf(const std::string& usual) const;
    // What the source holds besides the tensors that a decoder of it has: of pictures, of further heads. Tables that programs
    // compute by themselves and a head that is the embedding are left out.
    // Errors: one of them is held in 4-bit codes, which cannot stay beside numbers.
    Result<std::map<std::string, StoredTensor>> others(const std::vector<std::string>& usual) const;

private:
    std::optional<ModelFolder> m_folder;
    std::string m_front; // before "model." or behind it
};

// Tables and masks that old files hold and programs compute by themselves.
bool isComputed(const std::string& name);

} // namespace luthier::weights
