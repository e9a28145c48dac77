// SPDX-License-Identifier: GPL-3.0-or-later
// Reader: reads the header of a GGUF file front to back through a small window. Internal to file.h.
#pragma once

#include "core/gguf/file.h"

#include <cstring>

namespace luthier::gguf {

inline constexpr std::uint64_t kMostGgufPairs = 65'536;
inline constexpr std::uint64_t kMostGgufTensors = 200'000;
inline constexpr std::uint64_t kLongestGgufName = 65'535;             // bytes, of keys and tensors
inline constexpr std::uint64_t kLongestGgufText = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kMostGgufElements = std::uint64_t{1} << 23; // of one array
inline constexpr std::uint64_t kMostGgufMetadata = std::uint64_t{1} << 29; // bytes, of all pairs

// All of [offset, offset + size), or a sentence.
Result<void> readAt(int descriptor, const std::filesystem::path& path, std::uint64_t offset, std::uint64_t size,
                    void* target);

// One use: reads everything into `file`. The first problem stops it.
class Reader {
public:
    Reader(File& file, std::uint64_t fileSize) : m_file(file), m_size(fileSize) {}
    Result<void> read();

private:
    bool readHead(std::uint64_t& numTensors, std::uint64_t& numPairs);
    bool readPair();
    bool readValue(std::uint32_t type, const std::string& key, Value& value, int depth);
    bool readArray(const std::string& key, Value& value, int depth);
    bool readTensor();
    bool readShape(Tensor& tensor);
    bool placeData();
    bool checkTensors();
    std::uint64_t aligned(std::uint64_t at) const { return (at + m_alignment - 1) / m_alignment * m_alignment; }

    bool take(void* target, std::uint64_t size);
    template <class T>
    T number()
    {
        T value{};
        take(&value, sizeof value);
        return value;
    }
    bool takeText(std::string& text, std::uint64_t longest, const std::string& what);
    bool fail(const std::string& sentence);
    static std::string shown(const std::string& name); // in quotes, cut when it is long
    std::uint64_t left() const { return m_size - m_at; }

    File& m_file;
    std::uint64_t m_size;
    std::uint64_t m_at = 0; // of the file
    std::uint64_t m_alignment = 32;
    std::vector<char> m_window;
    std::uint64_t m_windowStart = 0;
    std::string m_problem;
};

} // namespace luthier::gguf
