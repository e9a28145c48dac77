// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/safetensors_header.h"

#include <unordered_set>

namespace luthier::weights {

namespace {

constexpr std::size_t kMaxRank = 64;
constexpr int kMaxSkipDepth = 128;

// Follows the header key by key; nothing but tensors and metadata is kept.
class HeaderReader : public nlohmann::json_sax<Json> {
public:
    bool null() override
    {
        if (m_at == At::Root && m_key == "__metadata__") {
            return true;
        }
        return scalar("null");
    }
    bool boolean(bool) override { return scalar("true or false"); }
    bool number_integer(number_integer_t) override { return scalar("a negative number"); }
    bool number_float(number_float_t, const string_t& text) override { return scalar("the number " + text); }
    bool binary(binary_t&) override { return false; }

    bool number_unsigned(number_unsigned_t value) override
    {
        if (m_at == At::Shape) {
            if (m_tensor.shape.size() >= kMaxRank || value > static_cast<std::uint64_t>(INT64_MAX)) {
                return fail("tensor " + inQuotes(m_tensor.name) + ": its shape is too large to be true");
            }
            m_tensor.shape.push_back(static_cast<std::int64_t>(value));
            return true;
        }
        if (m_at == At::Offsets) {
            m_offsets.push_back(value);
            return m_offsets.size() <= 2
                   || fail("tensor " + inQuotes(m_tensor.name)
                           + ": data_offsets must be two numbers, begin and end");
        }
        return scalar("a number");
    }

    bool string(string_t& value) override
    {
        if (m_at == At::Metadata) {
            result.metadata.emplace(m_key, std::move(value));
            return true;
        }
        if (m_at == At::Tensor && m_key == "dtype") {
            const auto dtype = findDtype(value);
            if (!dtype) {
                return fail("tensor " + inQuotes(m_tensor.name) + ": dtype " + inQuotes(value)
                            + " is not known");
            }
            m_tensor.dtype = *dtype;
            return true;
        }
        return scalar("a text");
    }

    bool start_object(std::size_t) override
    {
        switch (m_at) {
        case At::Start:
            m_at = At::Root;
            return true;
        case At::Root:
            m_innerKeys.clear();
            if (m_key == "__metadata__") {
                m_at = At::Metadata;
                return true;
            }
            if (result.tensors.size() >= kMaxTensors) {
                return fail("more than " + std::to_string(kMaxTensors) + " tensors; no model has so many");
            }
            m_tensor = TensorInfo{};
            m_tensor.name = m_key;
            m_offsets.clear();
            m_at = At::Tensor;
            return true;
        default:
            return open("an object");
        }
    }

    bool end_object() override
    {
        switch (m_at) {
        case At::Skip:
            return close();
        case At::Tensor:
            m_at = At::Root;
            return finishTensor();
        case At::Metadata:
            m_at = At::Root;
            return true;
        default:
            m_at = At::Start;
            return true;
        }
    }

    bool start_array(std::size_t) override
    {
        if (m_at == At::Tensor && (m_key == "shape" || m_key == "data_offsets")) {
            m_at = m_key == "shape" ? At::Shape : At::Offsets;
            return true;
        }
        return open("a list");
    }

    bool end_array() override
    {
        if (m_at == At::Skip) {
            return close();
        }
        m_at = At::Tensor;
        return true;
    }

    bool key(string_t& value) override
    {
        if (m_at == At::Skip) {
            return true;
        }
        if (m_at == At::Root && !m_names.insert(value).second) {
            return fail("the name " + inQuotes(value) + " stands twice in the header");
        }
        if (m_at != At::Root && !m_innerKeys.insert(value).second) {
            return fail(
                "the key " + inQuotes(value) + " stands twice in "
                + (m_at == At::Tensor ? "tensor " + inQuotes(m_tensor.name) : std::string("__metadata__")));
        }
        m_key = std::move(value);
        return true;
    }

    bool parse_error(std::size_t byte, const std::string&, const Json::exception&) override
    {
        return fail("the header is not valid JSON in UTF-8 at byte "
                    + std::to_string(8 + (byte == 0 ? 0 : byte - 1)));
    }

    SafetensorsHeader result;
    std::string problem;

private:
    enum class At { Start, Root, Metadata, Tensor, Shape, Offsets, Skip };

    bool fail(std::string sentence)
    {
        problem = problem.empty() ? std::move(sentence) : problem;
        return false;
    }

    bool scalar(const std::string& what)
    {
        switch (m_at) {
        case At::Skip:
            return true;
        case At::Start:
            return fail("the header must be a JSON object, not " + what);
        case At::Root:
            return fail("header entry " + inQuotes(m_key) + " must be an object, not " + what);
        case At::Metadata:
            return fail("__metadata__ entry " + inQuotes(m_key) + " must be a text, not " + what);
        case At::Shape:
            return fail("tensor " + inQuotes(m_tensor.name) + ": shape must hold whole numbers, not " + what);
        case At::Offsets:
            return fail("tensor " + inQuotes(m_tensor.name) + ": data_offsets must hold whole numbers, not "
                        + what);
        case At::Tensor:
            break;
        }
        if (m_key == "dtype" || m_key == "shape" || m_key == "data_offsets") {
            return fail("tensor " + inQuotes(m_tensor.name) + ": " + m_key + " must not be " + what);
        }
        return true; // keys of later versions of the format
    }

    bool open(const std::string& what)
    {
        if (m_at != At::Skip) {
            if (m_at != At::Tensor || !scalar(what)) {
                return m_at == At::Tensor ? false : scalar(what);
            }
            m_at = At::Skip;
        }
        return ++m_skipDepth <= kMaxSkipDepth || fail("the header is nested too deep");
    }

    bool close()
    {
        if (--m_skipDepth == 0) {
            m_at = At::Tensor;
        }
        return true;
    }

    bool finishTensor()
    {
        for (const char* needed : {"dtype", "shape", "data_offsets"}) {
            if (!m_innerKeys.contains(needed)) {
                return fail("tensor " + inQuotes(m_tensor.name) + ": " + needed + " is missing");
            }
        }
        if (m_offsets.size() != 2) {
            return fail("tensor " + inQuotes(m_tensor.name)
                        + ": data_offsets must be two numbers, begin and end");
        }
        m_tensor.begin = m_offsets[0];
        m_tensor.end = m_offsets[1];
        result.tensors.push_back(std::move(m_tensor));
        return true;
    }

    At m_at = At::Start;
    int m_skipDepth = 0;
    std::string m_key;
    TensorInfo m_tensor;
    std::vector<std::uint64_t> m_offsets;
    std::unordered_set<std::string> m_names;
    std::unordered_set<std::string> m_innerKeys;
};

} // namespace

Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view json, std::uint64_t dataBytes)
{
    HeaderReader reader;
    try {
        if (!Json::sax_parse(json.begin(), json.end(), &reader)) {
            return Error{reader.problem.empty() ? "the header is not valid JSON" : reader.problem};
        }
    } catch (const std::exception& problem) {
        return Error{std::string("the header cannot be read: ") + problem.what()};
    }
    if (auto good = arrange(reader.result.tensors, dataBytes); !good) {
        return good.error();
    }
    return std::move(reader.result);
}

} // namespace luthier::weights
