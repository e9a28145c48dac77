// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/characters/char_class.h"
#include "core/text/tokenizers/splitting/pre_tokenizer.h"

#include <array>

namespace luthier::text {

namespace {

struct Alphabet {
    std::array<char32_t, 256> letters{};
    std::array<int, 0x180> bytes{};

    Alphabet()
    {
        bytes.fill(-1);
        char32_t next = 0x100;
        for (unsigned byte = 0; byte < 256; ++byte) {
            const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
            letters[byte] = printable ? byte : next++;
            bytes[letters[byte]] = static_cast<int>(byte);
        }
    }
};

const Alphabet& alphabet()
{
    static const Alphabet all;
    return all;
}

} // namespace

char32_t byteLetter(unsigned char byte)
{
    return alphabet().letters[byte];
}

int letterByte(char32_t value)
{
    return value < alphabet().bytes.size() ? alphabet().bytes[value] : -1;
}

bool bytesOfLetters(std::string_view spelling, std::string& out)
{
    out.clear();
    for (std::size_t at = 0; at < spelling.size();) {
        int length = 0;
        const int byte = letterByte(decodeValid(reinterpret_cast<const unsigned char*>(spelling.data()) + at, length));
        if (byte < 0) {
            return false;
        }
        out += static_cast<char>(byte);
        at += static_cast<std::size_t>(length);
    }
    return true;
}

} // namespace luthier::text
