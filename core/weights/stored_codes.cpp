// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/stored_codes.h"

#include "core/base/json.h"
#include "core/weights/load.h"
#include "core/weights/stored_names.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>

#include <cmath>

namespace luthier::weights {

namespace {

constexpr const char* kState = ".quant_state.bitsandbytes__";
constexpr std::int64_t kMostState = 64 << 10;
constexpr double kMapTolerance = 1e-5; // tables differ by their last digits between machines

const quant::CodeTable* tableOf(const ModelFolder& folder, const std::string& name)
{
    const auto found = findStored(folder.tensors(), name);
    if (found != folder.tensors().end()) {
        for (const quant::CodeTable& table : quant::codeTables()) {
            if (folder.tensors().contains(found->first + kState + std::string(table.id))) {
                return &table;
            }
        }
    }
    return nullptr;
}

class Reader {
public:
    Reader(const ModelFolder& folder, const std::string& name, std::int64_t rows, std::int64_t columns)
        : m_tensors(folder.tensors()), m_found(findStored(m_tensors, name)), m_table(*tableOf(folder, name))
    {
        m_weight.kind = m_table.kind;
        m_weight.rows = rows;
        m_weight.columns = columns;
    }

    Result<quant::QuantisedWeight> read()
    {
        for (const auto step : {&Reader::readState, &Reader::readCodes, &Reader::readConstants, &Reader::checkMaps}) {
            if (auto done = (this->*step)(); !done) {
                return done.error();
            }
        }
        return m_weight;
    }

private:
    Error problem(const std::string& sentence) const
    {
        return {m_found->second.file->path().string() + ": tensor \"" + m_found->first + "\": " + sentence};
    }

    // With this many elements and dtype; the dimensions do not matter.
    Result<at::Tensor> part(const std::string& suffix, Dtype dtype, std::int64_t elements) const
    {
        const auto found = m_tensors.find(m_found->first + suffix);
        if (found == m_tensors.end()) {
            return problem("its \"" + suffix.substr(1) + "\" is missing; the folder is not whole");
        }
        const TensorInfo& info = *found->second.info;
        const auto bytes = static_cast<std::int64_t>(info.end - info.begin);
        if (info.dtype != dtype || bytes != elements * sizeOf(dtype)) {
            return problem("its \"" + suffix.substr(1) + "\" is " + nameOf(info.dtype) + " " + shapeText(info.shape) + ", "
                           + std::to_string(elements) + " numbers in " + nameOf(dtype) + " belong there");
        }
        auto tensor = readTensor(found->second);
        return tensor ? Result<at::Tensor>(tensor->flatten()) : tensor;
    }

    Result<void> readState()
    {
        const std::string suffix = kState + std::string(m_table.id);
        const TensorInfo& info = *m_tensors.at(m_found->first + suffix).info;
        const auto bytes = static_cast<std::int64_t>(info.end - info.begin);
        if (info.dtype != Dtype::U8 || bytes > kMostState) {
            return problem("its quant_state is no short text of JSON");
        }
        auto text = part(suffix, Dtype::U8, bytes);
        if (!text) {
            return text.error();
        }
        auto json = base::parseJson({static_cast<const char*>(text->const_data_ptr()), static_cast<std::size_t>(bytes)});
        if (!json || !json->is_object()) {
            return problem("its quant_state is no JSON object" + (json ? std::string() : ": " + json.message()));
        }
        m_state = std::move(*json);
        return checkState();
    }

    Json at(const char* key) const { return m_state.contains(key) ? m_state.at(key) : Json(); }

    Result<void> checkState()
    {
        if (at("quant_type") != Json(m_table.id)) {
            return problem("its quant_state says quant_type " + base::dumpJson(at("quant_type")) + " and its name "
                           + std::string(m_table.id));
        }
        const Json size = at("blocksize");
        const std::int64_t value = size.is_number_integer() ? size.get<std::int64_t>() : 0;
        if (value < 32 || value > 4096 || (value & (value - 1)) != 0) {
            return problem("its quant_state says blocksize " + base::dumpJson(size) + "; powers of two from 32 to 4096 are known");
        }
        m_weight.blockSize = value;
        if (at("shape") != Json::array({m_weight.rows, m_weight.columns})) {
            return problem("its quant_state says shape " + base::dumpJson(at("shape")) + ", config.json asks for "
                           + shapeText({m_weight.rows, m_weight.columns}));
        }
        m_nested = m_tensors.contains(m_found->first + ".nested_absmax");
        if (!m_nested) {
            return {};
        }
        const Json offset = at("nested_offset");
        if (at("nested_blocksize") != Json(quant::kNestedBlockSize) || at("nested_dtype") != Json("float32")
            || !offset.is_number() || !std::isfinite(offset.get<float>())) {
            return problem("its quant_state must give nested_blocksize 256, nested_dtype float32 and a nested_offset");
        }
        m_weight.offset = offset.get<float>();
        return {};
    }

    // Stored as bytes, or as a wider type that holds the same bytes.
    Result<void> readCodes()
    {
        const TensorInfo& info = *m_found->second.info;
        const std::int64_t wanted = (m_weight.elements() + 1) / 2;
        if (static_cast<std::int64_t>(info.end - info.begin) != wanted) {
            return problem("holds " + std::to_string(info.end - info.begin) + " bytes; codes for "
                           + shapeText({m_weight.rows, m_weight.columns}) + " take " + std::to_string(wanted));
        }
        auto codes = readTensor(m_found->second);
        if (!codes) {
            return codes.error();
        }
        m_weight.codes = codes->flatten().view(at::kByte);
        return {};
    }

    Result<void> readConstants()
    {
        auto absmax = part(".absmax", m_nested ? Dtype::U8 : Dtype::F32, m_weight.blocks());
        if (!absmax) {
            return absmax.error();
        }
        m_weight.absmax = std::move(*absmax);
        if (m_nested) {
            auto nested = part(".nested_absmax", Dtype::F32,
                               (m_weight.blocks() + quant::kNestedBlockSize - 1) / quant::kNestedBlockSize);
            if (!nested) {
                return nested.error();
            }
            m_weight.nestedAbsmax = std::move(*nested);
        }
        const at::Tensor& floats = m_nested ? m_weight.nestedAbsmax : m_weight.absmax;
        return at::isfinite(floats).all().item<bool>() ? Result<void>()
                                                       : Result<void>(problem("a constant of its blocks is not finite"));
    }

    template <class Map>
    Result<void> checkMap(const std::string& suffix, const Map& known) const
    {
        auto map = part(suffix, Dtype::F32, static_cast<std::int64_t>(known.size()));
        if (!map) {
            return map.error();
        }
        const at::Tensor wanted = at::tensor(at::ArrayRef<float>(known.data(), known.size()));
        return (*map - wanted).abs().le(kMapTolerance).all().template item<bool>()
                   ? Result<void>()
                   : Result<void>(problem("its \"" + suffix.substr(1) + "\" holds other numbers than bitsandbytes' own; such "
                                          "codes cannot be read"));
    }

    Result<void> checkMaps()
    {
        auto good = checkMap(".quant_map", m_table.values);
        return good && m_nested ? checkMap(".nested_quant_map", quant::dynamicMap()) : good;
    }

    const Stored& m_tensors;
    Stored::const_iterator m_found;
    const quant::CodeTable& m_table;
    quant::QuantisedWeight m_weight;
    Json m_state;
    bool m_nested = false;
};

} // namespace

bool holdsCodes(const ModelFolder& folder, const std::string& name)
{
    return tableOf(folder, name) != nullptr;
}

Result<quant::QuantisedWeight> readCodes(const ModelFolder& folder, const std::string& name, std::int64_t rows,
                                         std::int64_t columns)
{
    return Reader(folder, name, rows, columns).read();
}

std::vector<std::string> codeTensors(const ModelFolder& folder, const std::string& name)
{
    const std::string path = findStored(folder.tensors(), name)->first;
    std::vector<std::string> names;
    for (const char* suffix : {"", ".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map"}) {
        names.push_back(path + suffix);
    }
    for (const quant::CodeTable& table : quant::codeTables()) {
        names.push_back(path + kState + std::string(table.id));
    }
    return names;
}

} // namespace luthier::weights
