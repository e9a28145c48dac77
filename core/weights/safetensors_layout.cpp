// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/safetensors_header.h"

#include "core/base/checked.h"

#include <algorithm>

namespace luthier::weights {

namespace {

struct DtypeRow {
    const char* name;
    std::int64_t bytes;
};

// Index: Dtype.
constexpr DtypeRow kDtypes[] = {
    {"U64", 8}, {"I64", 8}, {"F64", 8}, {"F32", 4}, {"U32", 4}, {"I32", 4}, {"BF16", 2}, {"F16", 2},
    {"U16", 2}, {"I16", 2}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I8", 1}, {"U8", 1}, {"BOOL", 1},
};
static_assert(std::size(kDtypes) == static_cast<std::size_t>(Dtype::Bool) + 1);

std::optional<std::uint64_t> bytesOf(const TensorInfo& tensor)
{
    std::optional<std::uint64_t> bytes = static_cast<std::uint64_t>(sizeOf(tensor.dtype));
    for (const std::int64_t extent : tensor.shape) {
        bytes = bytes ? base::checkedMul(*bytes, static_cast<std::uint64_t>(extent)) : bytes;
    }
    return bytes;
}

std::string checkTensor(const TensorInfo& tensor, std::uint64_t previousEnd)
{
    const std::string name = "tensor " + inQuotes(tensor.name) + ": ";
    if (tensor.end < tensor.begin) {
        return name + "its data ends (" + std::to_string(tensor.end) + ") before it begins ("
            + std::to_string(tensor.begin) + ")";
    }
    const auto bytes = bytesOf(tensor);
    if (!bytes) {
        return name + "its shape multiplies to more bytes than can be counted";
    }
    if (*bytes != tensor.end - tensor.begin) {
        return name + "its shape and dtype need " + std::to_string(*bytes) + " bytes, its data_offsets give "
            + std::to_string(tensor.end - tensor.begin);
    }
    if (tensor.begin > previousEnd) {
        return name + "there is a hole of " + std::to_string(tensor.begin - previousEnd)
               + " bytes before its data";
    }
    if (tensor.begin < previousEnd) {
        return name + "its data overlaps that of another tensor";
    }
    return {};
}

std::string checkTotal(std::uint64_t needed, std::uint64_t dataBytes)
{
    if (needed > dataBytes) {
        return "the file is cut short: its tensors need " + std::to_string(needed)
               + " bytes after the header, it has " + std::to_string(dataBytes)
               + "; download or copy it again";
    }
    if (needed < dataBytes) {
        return std::to_string(dataBytes - needed) + " bytes stand after the last tensor ("
               + std::to_string(dataBytes) + " bytes of data, " + std::to_string(needed) + " expected)";
    }
    return {};
}

} // namespace

std::int64_t sizeOf(Dtype dtype)
{
    return kDtypes[static_cast<std::size_t>(dtype)].bytes;
}

const char* nameOf(Dtype dtype)
{
    return kDtypes[static_cast<std::size_t>(dtype)].name;
}

std::optional<Dtype> findDtype(const std::string& name)
{
    for (std::size_t i = 0; i < std::size(kDtypes); ++i) {
        if (name == kDtypes[i].name) {
            return static_cast<Dtype>(i);
        }
    }
    return std::nullopt;
}

std::string inQuotes(const std::string& name)
{
    return "\"" + (name.size() > 120 ? name.substr(0, 117) + "..." : name) + "\"";
}

Result<void> arrange(std::vector<TensorInfo>& tensors, std::uint64_t dataBytes)
{
    std::stable_sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
        return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t end = 0;
    for (const TensorInfo& tensor : tensors) {
        if (const std::string problem = checkTensor(tensor, end); !problem.empty()) {
            return Error{problem};
        }
        end = tensor.end;
    }
    if (const std::string problem = checkTotal(end, dataBytes); !problem.empty()) {
        return Error{problem};
    }
    return {};
}

std::string makeSafetensorsHeader(std::vector<TensorInfo>& tensors,
                                  const std::map<std::string, std::string>& metadata)
{
    std::string text = "{\"__metadata__\":" + base::dumpJson(Json(metadata));
    std::uint64_t offset = 0;
    for (TensorInfo& tensor : tensors) {
        tensor.begin = offset;
        offset += bytesOf(tensor).value_or(0);
        tensor.end = offset;
        text += "," + base::dumpJson(Json(tensor.name)) + ":{\"dtype\":\"" + nameOf(tensor.dtype)
                + "\",\"shape\":" + base::dumpJson(Json(tensor.shape)) + ",\"data_offsets\":["
                + std::to_string(tensor.begin) + "," + std::to_string(tensor.end) + "]}";
    }
    text += "}";
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

} // namespace luthier::weights
