// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/packed_stream.h"

#include "core/data/sources/waiting_bytes.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>

#include <zlib.h>
#include <zstd.h>

namespace luthier::data {

namespace {

// RFC 1952: members one behind the other; tapes pad with zeros.
class GzipStream : public PackedStream {
public:
    GzipStream() { m_good = inflateInit2(&m_state, MAX_WBITS + 16) == Z_OK; }
    ~GzipStream() override { inflateEnd(&m_state); }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;

    Result<Taken> take(std::string_view packed, char* to, std::size_t room) override
    {
        if (!m_good) {
            return Error{"there is not enough memory to unpack it"};
        }
        Taken taken;
        if (m_complete) {
            const auto next = std::min(packed.find_first_not_of('\0'), packed.size());
            if (next == packed.size()) {
                return Taken{next, 0};
            }
            taken.read = next;
            packed.remove_prefix(next);
            m_complete = inflateReset(&m_state) != Z_OK;
        }
        constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
        m_state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
        m_state.avail_in = static_cast<uInt>(std::min(packed.size(), kMost));
        m_state.next_out = reinterpret_cast<Bytef*>(to);
        m_state.avail_out = static_cast<uInt>(std::min(room, kMost));
        const std::size_t given = m_state.avail_in;
        const std::size_t space = m_state.avail_out;
        const int code = inflate(&m_state, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
            return Error{m_state.msg ? m_state.msg : "unknown compression"};
        }
        m_complete = code == Z_STREAM_END;
        return Taken{taken.read + given - m_state.avail_in, space - m_state.avail_out};
    }

    bool isComplete() const override { return m_complete; }

private:
    z_stream m_state{};
    bool m_good = false;
    bool m_complete = false;
};

// RFC 8878: frames one behind the other, some to be skipped.
class ZstdStream : public PackedStream {
public:
    ZstdStream() : m_state(ZSTD_createDStream(), ZSTD_freeDStream)
    {
        if (m_state) {
            // The window decides the memory: 128 MiB, what the program zstd takes unless told otherwise.
            ZSTD_DCtx_setParameter(m_state.get(), ZSTD_d_windowLogMax, 27);
        }
    }

    Result<Taken> take(std::string_view packed, char* to, std::size_t room) override
    {
        if (!m_state) {
            return Error{"there is not enough memory to unpack it"};
        }
        ZSTD_inBuffer in{packed.data(), packed.size(), 0};
        ZSTD_outBuffer out{to, room, 0};
        const std::size_t code = ZSTD_decompressStream(m_state.get(), &out, &in);
        if (ZSTD_isError(code)) {
            return Error{ZSTD_getErrorName(code)};
        }
        m_complete = code == 0;
        return Taken{in.pos, out.pos};
    }

    bool isComplete() const override { return m_complete; }

private:
    std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> m_state;
    bool m_complete = false;
};

// UTF-16 as UTF-8; what is no character becomes U+FFFD.
template <bool kLittle>
class Utf16Stream : public PackedStream {
public:
    Result<Taken> take(std::string_view packed, char* to, std::size_t room) override
    {
        Taken taken;
        for (; taken.read < packed.size(); ++taken.read) {
            if (!handOut(m_waiting, to, room, taken)) {
                return taken;
            }
            const auto byte = static_cast<unsigned char>(packed[taken.read]);
            if (!m_half) {
                m_half = byte;
                continue;
            }
            const auto unit = static_cast<char32_t>(kLittle ? *m_half | byte << 8 : *m_half << 8 | byte);
            m_half.reset();
            add(unit);
        }
        handOut(m_waiting, to, room, taken);
        return taken;
    }

    bool isComplete() const override { return !m_half && m_waiting.empty(); }

private:
    void add(char32_t unit)
    {
        constexpr char32_t kMark = 0xFEFF;
        const bool isLow = unit >= 0xDC00 && unit <= 0xDFFF;
        if (m_high && isLow) {
            text::appendUtf8(m_waiting, 0x10000 + ((m_high - 0xD800) << 10) + (unit - 0xDC00));
            m_high = 0;
            return;
        }
        m_waiting += m_high ? text::kReplacement : std::string_view();
        m_high = unit >= 0xD800 && unit <= 0xDBFF ? unit : 0;
        if (isLow) {
            m_waiting += text::kReplacement;
        } else if (!m_high && !(unit == kMark && m_first)) {
            text::appendUtf8(m_waiting, unit);
        }
        m_first = false;
    }

    std::optional<unsigned char> m_half;
    char32_t m_high = 0;
    bool m_first = true;
    std::string m_waiting; // of one character
};

// By its byte-order mark, or by letters of ASCII with a zero beside each of the first ones.
template <bool kLittle>
bool isUtf16(std::string_view head)
{
    if (head.starts_with(kLittle ? "\xff\xfe" : "\xfe\xff")) {
        return !head.substr(2).starts_with(std::string_view("\0\0", 2)); // that is UTF-32
    }
    constexpr std::size_t kLooked = 8;
    for (std::size_t i = 0; i + 1 < std::min(head.size(), kLooked); i += 2) {
        const auto letter = static_cast<unsigned char>(head[i + (kLittle ? 0 : 1)]);
        if (head[i + (kLittle ? 1 : 0)] != '\0' || letter == 0 || letter >= 0x80) {
            return false;
        }
    }
    return head.size() >= kLooked;
}

template <class Stream>
std::unique_ptr<PackedStream> make()
{
    return std::make_unique<Stream>();
}

constexpr std::array kKinds = {
    PackedKind{"gzip", [](std::string_view head) { return head.starts_with("\x1f\x8b"); }, make<GzipStream>},
    PackedKind{"zstd", [](std::string_view head) { return head.starts_with("\x28\xb5\x2f\xfd"); }, make<ZstdStream>},
    PackedKind{"UTF-16", isUtf16<true>, make<Utf16Stream<true>>},
    PackedKind{"UTF-16, big end first", isUtf16<false>, make<Utf16Stream<false>>},
};

} // namespace

const PackedKind* findPackedKind(std::string_view head)
{
    const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                    [&](const PackedKind& kind) { return kind.matches(head); });
    return found == kKinds.end() ? nullptr : &*found;
}

} // namespace luthier::data
