// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/stored_names.h"

namespace luthier::weights {

namespace {

bool isWeight(Dtype dtype)
{
    return dtype == Dtype::F32 || dtype == Dtype::F16 || dtype == Dtype::BF16;
}

} // namespace

std::string shapeText(const std::vector<std::int64_t>& shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i ? ", " : "") + std::to_string(shape[i]);
    }
    return text + "]";
}

Stored::const_iterator findStored(const Stored& stored, const std::string& name)
{
    auto found = stored.find(name);
    if (found != stored.end()) {
        return found;
    }
    for (const std::string prefix : {"model.", "transformer."}) {
        const bool has = name.rfind(prefix, 0) == 0;
        const std::string rest = has ? name.substr(prefix.size()) : name;
        for (const std::string& other : {has ? rest : name, "language_model." + name, "model.language_model." + rest}) {
            if (found = stored.find(other); found != stored.end()) {
                return found;
            }
        }
    }
    return found;
}

Result<void> checkStored(const ModelFolder& folder, const std::string& name, const std::vector<std::int64_t>& shape)
{
    const auto found = findStored(folder.tensors(), name);
    if (found == folder.tensors().end()) {
        const bool head = name == "lm_head.weight";
        return Error{folder.path().string() + ": tensor \"" + name + "\" "
                     + shapeText(shape) + " is missing; the files do not fit config.json"
                     + (head ? " (with tie_word_embeddings it would not be needed)" : "")};
    }
    const TensorInfo& info = *found->second.info;
    if (shape != info.shape) {
        return Error{found->second.file->path().string() + ": tensor \"" + name + "\" is "
                     + shapeText(info.shape) + ", config.json asks for " + shapeText(shape)};
    }
    if (!isWeight(info.dtype)) {
        return Error{found->second.file->path().string() + ": tensor \"" + name + "\" is stored as "
                     + nameOf(info.dtype) + "; weights must be F32, F16 or BF16"};
    }
    return {};
}

} // namespace luthier::weights
