// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/gguf/model.h"

#include "core/gguf/blocks.h"
#include "core/weights/gguf/names.h"
#include "core/weights/safetensors_header.h"

#include <algorithm>
#include <set>

namespace luthier::weights {

namespace {

constexpr std::uint64_t kRunBlocks = 4096; // read from the file at once

// Divisors of rotary frequencies, which the configuration has taken up.
bool isSetting(const std::string& name)
{
    return name == "rope_freqs.weight" || name == "rope_factors_long.weight" || name == "rope_factors_short.weight";
}

bool isNorm(const std::string& name)
{
    return name.ends_with("norm.weight");
}

bool isExact(const std::string& format)
{
    return format == "F32" || format == "F16" || format == "BF16";
}

std::string joined(const std::set<std::string>& names)
{
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

} // namespace

Result<std::shared_ptr<const GgufModel>> GgufModel::open(const std::filesystem::path& path)
{
    auto file = gguf::File::open(path);
    if (!file) {
        return file.error();
    }
    std::shared_ptr<GgufModel> model(new GgufModel);
    model->m_file = *file;
    auto config = nn::readDecoderConfig(path);
    if (!config) {
        return config.error();
    }
    auto layout = gguf::layoutOf(**file);
    if (!layout) {
        return Error{path.string() + ": " + layout.message()};
    }
    model->m_config = *config;
    model->m_layout = *layout;
    if (auto added = model->addTensors(); !added) {
        return Error{path.string() + ": " + added.message()};
    }
    return std::shared_ptr<const GgufModel>(std::move(model));
}

GgufModel::Stored GgufModel::storedAs(const gguf::Tensor& tensor, const std::string& name) const
{
    Stored stored{&tensor, 0, false, false};
    const bool isQuery = name.find(".q_proj.") != std::string::npos;
    const bool isKey = name.find(".k_proj.") != std::string::npos;
    if (m_layout.interleavedHeads && (isQuery || isKey)) {
        stored.headRows = m_config.headDim;
    }
    stored.plusOne = m_layout.normsPlusOne && isNorm(name);
    stored.transposed = m_layout.untransposed && tensor.dims.size() == 2 && name.find(".h.") != std::string::npos;
    return stored;
}

Result<void> GgufModel::addTensors()
{
    if (m_file->tensors().empty()) {
        return Error{"there are no weights in this file, only a vocabulary; it can make tokens and no more"};
    }
    const auto names = ggufNames(m_config);
    std::set<std::string> rounded;
    for (const gguf::Tensor& tensor : m_file->tensors()) {
        if (isSetting(tensor.name)) {
            continue;
        }
        const std::string format = tensor.type->name;
        if (!gguf::findBlockFormat(format)) {
            return Error{"tensor " + inQuotes(tensor.name) + " is stored as " + format + ", which cannot be read here; known are "
                         + gguf::blockFormatNames()};
        }
        const auto known = names.find(tensor.name);
        if (known == names.end() && tensor.name.starts_with("blk.")) {
            return Error{"tensor " + inQuotes(tensor.name) + " has no place in a model of " + std::to_string(m_config.layers)
                         + " layers of this kind; block_count does not fit the tensors, or the model has parts that are not known here"};
        }
        TensorInfo info;
        info.name = known != names.end() ? known->second : tensor.name;
        info.shape.assign(tensor.dims.rbegin(), tensor.dims.rend());
        info.end = tensor.elements() * sizeof(float);
        const Stored stored = storedAs(tensor, info.name);
        if (stored.transposed) {
            std::reverse(info.shape.begin(), info.shape.end());
        }
        if (stored.headRows > 0 && (info.shape.empty() || info.shape[0] % stored.headRows != 0)) {
            return Error{"tensor " + inQuotes(tensor.name) + " does not divide into heads of " + std::to_string(stored.headRows) + " rows"};
        }
        if (!m_stored.emplace(info.name, stored).second) {
            return Error{"two tensors stand for " + inQuotes(info.name)};
        }
        m_tensors.push_back(std::move(info));
        if (!isExact(format)) {
            rounded.insert(format);
        }
    }
    m_quantisation = joined(rounded);
    return {};
}

// Elements [first, first + count) in the order of the file.
Result<void> GgufModel::readRun(const Stored& stored, std::uint64_t first, std::uint64_t count, float* out) const
{
    const gguf::TensorType& type = *stored.tensor->type;
    const gguf::BlockFormat& format = *gguf::findBlockFormat(type.name);
    const float less = stored.plusOne ? 1.0f : 0.0f;
    std::vector<std::uint8_t> bytes;
    std::vector<float> numbers(type.elements);
    const std::uint64_t end = first + count;
    for (std::uint64_t block = first / type.elements; block * type.elements < end; block += kRunBlocks) {
        const std::uint64_t blocks = std::min(kRunBlocks, (end + type.elements - 1) / type.elements - block);
        bytes.resize(blocks * type.bytes);
        if (auto got = m_file->read(*stored.tensor, block * type.bytes, bytes.size(), bytes.data()); !got) {
            return got;
        }
        for (std::uint64_t b = 0; b < blocks; ++b) {
            format.dequantise(bytes.data() + b * type.bytes, numbers.data());
            const std::uint64_t begin = (block + b) * type.elements;
            const std::uint64_t from = std::max(begin, first);
            const std::uint64_t to = std::min(begin + type.elements, end);
            for (std::uint64_t i = from; i < to; ++i) {
                out[i - first] = numbers[i - begin] - less;
            }
        }
    }
    return {};
}

// The same in the order of the folder: of a head with D rows, the file's row 2 j + s is the folder's s D / 2 + j.
Result<void> GgufModel::readRows(const Stored& stored, std::uint64_t first, std::uint64_t count, float* out) const
{
    const std::uint64_t width = stored.tensor->dims.size() > 1 ? stored.tensor->rowElements() : 1;
    const auto rows = static_cast<std::uint64_t>(stored.headRows);
    while (count > 0) {
        const std::uint64_t row = first / width;
        const std::uint64_t inHead = row % rows;
        const std::uint64_t fileRow = row - inHead + inHead % (rows / 2) * 2 + inHead / (rows / 2);
        const std::uint64_t step = std::min(count, width - first % width);
        if (auto got = readRun(stored, fileRow * width + first % width, step, out); !got) {
            return got;
        }
        first += step;
        out += step;
        count -= step;
    }
    return {};
}

// The folder's [in, out] out of the file's [out, in], which is read whole: such matrices are those of small models.
Result<void> GgufModel::readTransposed(const Stored& stored, const TensorInfo& info, std::uint64_t first, std::uint64_t count,
                                       float* out) const
{
    std::vector<float> whole(stored.tensor->elements());
    if (auto got = readRun(stored, 0, whole.size(), whole.data()); !got) {
        return got;
    }
    const auto outputs = static_cast<std::uint64_t>(info.shape[1]);
    const auto inputs = static_cast<std::uint64_t>(info.shape[0]);
    for (std::uint64_t i = first; i < first + count; ++i) {
        out[i - first] = whole[i % outputs * inputs + i / outputs];
    }
    return {};
}

Result<void> GgufModel::read(const TensorInfo& tensor, std::uint64_t offset, std::uint64_t size, void* target) const
{
    const auto found = m_stored.find(tensor.name);
    const std::uint64_t all = tensor.end - tensor.begin;
    if (found == m_stored.end() || offset > all || size > all - offset || offset % sizeof(float) != 0 || size % sizeof(float) != 0) {
        return Error{path().string() + ": bytes that tensor " + inQuotes(tensor.name) + " does not have were asked for"};
    }
    const Stored& stored = found->second;
    const std::uint64_t first = offset / sizeof(float);
    const std::uint64_t count = size / sizeof(float);
    auto* out = static_cast<float*>(target);
    try {
        return stored.transposed     ? readTransposed(stored, tensor, first, count, out)
               : stored.headRows > 0 ? readRows(stored, first, count, out)
                                     : readRun(stored, first, count, out);
    } catch (const std::bad_alloc&) {
        return Error{path().string() + ": there is no memory to read tensor " + inQuotes(tensor.name)};
    }
}

} // namespace luthier::weights
