// SPDX-License-Identifier: GPL-3.0-or-later
// GgufWriter: makes small GGUF files, good ones and such that lie about themselves.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace luthier::support {

class GgufWriter {
public:
    enum Type : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, Text, List, U64, I64, F64 };

    std::uint32_t version = 3;
    std::uint64_t extraPairs = 0;   // said to be there, and are not
    std::uint64_t extraTensors = 0;
    std::uint64_t alignment = 32;

    template <class T>
    static std::string bytesOf(T value)
    {
        std::string bytes(sizeof value, '\0');
        std::memcpy(bytes.data(), &value, sizeof value);
        return bytes;
    }
    static std::string text(const std::string& value) { return bytesOf<std::uint64_t>(value.size()) + value; }

    // `value`: the bytes that follow the type.
    GgufWriter& raw(const std::string& key, std::uint32_t type, const std::string& value)
    {
        m_pairs += text(key) + bytesOf(type) + value;
        ++m_numPairs;
        return *this;
    }
    GgufWriter& set(const std::string& key, const std::string& value) { return raw(key, Text, text(value)); }
    GgufWriter& set(const std::string& key, const char* value) { return set(key, std::string(value)); }
    GgufWriter& set(const std::string& key, std::uint32_t value) { return raw(key, U32, bytesOf(value)); }
    GgufWriter& set(const std::string& key, float value) { return raw(key, F32, bytesOf(value)); }
    GgufWriter& set(const std::string& key, bool value) { return raw(key, Bool, std::string(1, value ? '\1' : '\0')); }
    GgufWriter& set(const std::string& key, const std::vector<std::string>& values)
    {
        std::string bytes = bytesOf<std::uint32_t>(Text) + bytesOf<std::uint64_t>(values.size());
        for (const auto& value : values) {
            bytes += text(value);
        }
        return raw(key, List, bytes);
    }
    template <class T>
    GgufWriter& list(const std::string& key, Type type, const std::vector<T>& values)
    {
        std::string bytes = bytesOf<std::uint32_t>(type) + bytesOf<std::uint64_t>(values.size());
        for (const T value : values) {
            bytes += bytesOf(value);
        }
        return raw(key, List, bytes);
    }

    // `dims`: the one that lies together first.
    GgufWriter& tensor(const std::string& name, const std::vector<std::uint64_t>& dims, std::uint32_t type, const std::string& data)
    {
        return tensorAt(name, dims, type, m_data.size(), data);
    }
    GgufWriter& tensor(const std::string& name, const std::vector<std::uint64_t>& dims, const std::vector<float>& numbers)
    {
        std::string data(numbers.size() * sizeof(float), '\0');
        std::memcpy(data.data(), numbers.data(), data.size());
        return tensor(name, dims, 0, data);
    }
    GgufWriter& tensorAt(const std::string& name, const std::vector<std::uint64_t>& dims, std::uint32_t type, std::uint64_t offset,
                         const std::string& data)
    {
        m_infos += text(name) + bytesOf(static_cast<std::uint32_t>(dims.size()));
        for (const auto extent : dims) {
            m_infos += bytesOf(extent);
        }
        m_infos += bytesOf(type) + bytesOf(offset);
        m_data += data;
        m_data.resize((m_data.size() + alignment - 1) / alignment * alignment, '\0');
        ++m_numTensors;
        return *this;
    }

    // A key that stands there is called otherwise.
    GgufWriter& rename(const std::string& from, const std::string& to)
    {
        const std::string old = text(from);
        m_pairs.replace(m_pairs.find(old), old.size(), text(to));
        return *this;
    }

    std::string bytes() const
    {
        std::string all = "GGUF" + bytesOf(version) + bytesOf(m_numTensors + extraTensors) + bytesOf(m_numPairs + extraPairs);
        all += m_pairs + m_infos;
        all.resize((all.size() + alignment - 1) / alignment * alignment, '\0');
        return all + m_data;
    }

private:
    std::string m_pairs;
    std::string m_infos;
    std::string m_data;
    std::uint64_t m_numPairs = 0;
    std::uint64_t m_numTensors = 0;
};

} // namespace luthier::support
