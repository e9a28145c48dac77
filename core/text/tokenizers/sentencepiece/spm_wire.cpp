// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/sentencepiece/spm_wire.h"

namespace luthier::text {

bool WireReader::fail(const std::string& what)
{
    m_error = "byte " + std::to_string(position()) + ": " + what;
    return false;
}

bool WireReader::varint(std::uint64_t& value)
{
    value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (m_at >= m_bytes.size()) {
            return fail("the file ends inside a number");
        }
        const auto byte = static_cast<unsigned char>(m_bytes[m_at++]);
        if (shift < 64) {
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
        }
        if ((byte & 0x80U) == 0) {
            return true;
        }
    }
    return fail("a number is longer than ten bytes");
}

bool WireReader::fixed(int width, std::uint64_t& value)
{
    if (m_bytes.size() - m_at < static_cast<std::size_t>(width)) {
        return fail("the file ends inside a number");
    }
    value = 0;
    for (int i = 0; i < width; ++i) {
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(m_bytes[m_at++])) << (8 * i);
    }
    return true;
}

bool WireReader::next(WireField& field)
{
    std::uint64_t key = 0;
    if (!m_error.empty() || m_at >= m_bytes.size() || !varint(key)) {
        return false;
    }
    field = {};
    field.number = static_cast<std::uint32_t>(key >> 3);
    field.type = static_cast<int>(key & 7U);
    if (field.number == 0 || (key >> 3) > 0x1FFFFFFF) {
        return fail("no protobuf field has this number; the file is not a sentencepiece model");
    }
    switch (field.type) {
    case 0:
        return varint(field.value);
    case 1:
        return fixed(8, field.value);
    case 5:
        return fixed(4, field.value);
    case 2: {
        std::uint64_t length = 0;
        if (!varint(length)) {
            return false;
        }
        if (length > m_bytes.size() - m_at) {
            return fail("a field of " + std::to_string(length) + " bytes begins with only "
                        + std::to_string(m_bytes.size() - m_at) + " left; the file is cut off or damaged");
        }
        field.offset = position();
        field.bytes = m_bytes.substr(m_at, static_cast<std::size_t>(length));
        m_at += static_cast<std::size_t>(length);
        return true;
    }
    default:
        return fail("a field has wire type " + std::to_string(field.type)
                    + ", which sentencepiece does not use; the file is damaged");
    }
}

void WireWriter::raw(std::uint64_t value)
{
    while (value >= 0x80) {
        m_out += static_cast<char>((value & 0x7F) | 0x80);
        value >>= 7;
    }
    m_out += static_cast<char>(value);
}

void WireWriter::varint(std::uint32_t number, std::int64_t value)
{
    raw(std::uint64_t{number} << 3);
    raw(static_cast<std::uint64_t>(value));
}

void WireWriter::bytes(std::uint32_t number, std::string_view value)
{
    raw((std::uint64_t{number} << 3) | 2);
    raw(value.size());
    m_out += value;
}

void WireWriter::real(std::uint32_t number, float value)
{
    raw((std::uint64_t{number} << 3) | 5);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int i = 0; i < 4; ++i) {
        m_out += static_cast<char>((bits >> (8 * i)) & 0xFF);
    }
}

} // namespace luthier::text
