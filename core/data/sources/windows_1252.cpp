// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/data_file.h"
#include "core/data/sources/packed_stream.h"
#include "core/data/sources/waiting_bytes.h"
#include "core/text/characters/utf8.h"

#include <array>
#include <memory>
#include <string>

namespace luthier::data {

namespace {

constexpr std::uint64_t kFirstBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kPartBytes = std::uint64_t{1} << 16;
constexpr std::uint64_t kParts = 16;
constexpr std::int64_t kFewest = 2;     // one alone may be damage
constexpr std::int64_t kLettersEach = 3; // letters of ASCII for every other one, at least: accents, not an alphabet of its own

// 0x80 to 0x9F; 0: no character. The rest are those of Unicode.
constexpr std::array<char16_t, 32> kHigh = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                            0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                            0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

char32_t pointOf(unsigned char byte)
{
    return byte >= 0x80 && byte < 0xA0 ? kHigh[byte - 0x80U] : byte;
}

bool isLetter(unsigned char byte)
{
    return (byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z';
}

struct Count {
    std::int64_t letters = 0; // of ASCII
    std::int64_t others = 0;  // bytes that are no UTF-8
    bool isOther = false;     // a character that Windows-1252 has not, a NUL, or UTF-8 beyond ASCII
};

// `isCut`: the part may begin or end inside a character.
void count(std::string_view part, bool isCut, Count& count)
{
    constexpr std::size_t kLongest = 4;
    for (std::size_t at = 0; at < part.size() && !count.isOther;) {
        const auto byte = static_cast<unsigned char>(part[at]);
        if (byte < 0x80) {
            count.letters += isLetter(byte) ? 1 : 0;
            count.isOther = byte == 0;
            ++at;
            continue;
        }
        const auto point = text::decodeAt(part, at);
        const bool atEdge = isCut && (at < kLongest || at + kLongest > part.size());
        if (!point.valid && !atEdge) {
            ++count.others;
            count.isOther = pointOf(byte) == 0;
        } else if (point.valid) {
            count.isOther = true;
        }
        at += point.valid ? static_cast<std::size_t>(point.length) : 1;
    }
}

class Windows1252Stream : public PackedStream {
public:
    Result<Taken> take(std::string_view packed, char* to, std::size_t room) override
    {
        Taken taken;
        for (; taken.read < packed.size() && handOut(m_waiting, to, room, taken); ++taken.read) {
            const char32_t point = pointOf(static_cast<unsigned char>(packed[taken.read]));
            point == 0 && packed[taken.read] != '\0' ? void(m_waiting += text::kReplacement) : text::appendUtf8(m_waiting, point);
        }
        handOut(m_waiting, to, room, taken);
        return taken;
    }

    bool isComplete() const override { return m_waiting.empty(); }

private:
    std::string m_waiting; // of one character
};

} // namespace

bool looksLikeWindows1252(const DataFile& file)
{
    Count found;
    const std::uint64_t behind = file.size() > kFirstBytes ? file.size() - kFirstBytes : 0;
    for (std::uint64_t part = 0; part <= (behind > 0 ? kParts : 0) && !found.isOther; ++part) {
        const std::uint64_t begin = part == 0 ? 0 : kFirstBytes + behind / kParts * (part - 1);
        const auto bytes = file.read(begin, part == 0 ? kFirstBytes : kPartBytes);
        if (!bytes) {
            return false; // whoever reads it says why
        }
        count(*bytes, behind > 0, found);
    }
    return !found.isOther && found.others >= kFewest && found.letters >= kLettersEach * found.others;
}

const PackedKind& windows1252()
{
    static constexpr PackedKind kKind{"Windows-1252", [](std::string_view) { return false; }, // by more than the head
                                      []() -> std::unique_ptr<PackedStream> { return std::make_unique<Windows1252Stream>(); }};
    return kKind;
}

} // namespace luthier::data
