// SPDX-License-Identifier: GPL-3.0-or-later
// SpmWire: the protobuf wire format, as much of it as a ModelProto needs. Every length is checked against
// what is left before it is believed.
//
// Threads: an object belongs to one thread.
#pragma once

#include "core/base/result.h"

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace luthier::text {

struct WireField {
    std::uint32_t number = 0;
    int type = 0;              // 0 varint, 1 fixed64, 2 bytes, 5 fixed32
    std::uint64_t value = 0;   // varint and fixed
    std::string_view bytes;    // type 2
    std::size_t offset = 0;    // of `bytes` in the file

    float asFloat() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value)); }
    std::int32_t asInt() const { return static_cast<std::int32_t>(value); }
};

class WireReader {
public:
    // `base`: where `bytes` begins in the file, for messages.
    explicit WireReader(std::string_view bytes, std::size_t base = 0) : m_bytes(bytes), m_base(base) {}

    // False at the end and after an error.
    bool next(WireField& field);
    const std::string& error() const { return m_error; }
    std::size_t position() const { return m_base + m_at; }

private:
    bool varint(std::uint64_t& value);
    bool fixed(int width, std::uint64_t& value);
    bool fail(const std::string& what);

    std::string_view m_bytes;
    std::size_t m_base = 0;
    std::size_t m_at = 0;
    std::string m_error;
};

class WireWriter {
public:
    void varint(std::uint32_t number, std::int64_t value);
    void bytes(std::uint32_t number, std::string_view value);
    void real(std::uint32_t number, float value);
    std::string take() { return std::move(m_out); }

private:
    void raw(std::uint64_t value);
    std::string m_out;
};

} // namespace luthier::text
