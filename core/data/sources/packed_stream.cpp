// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/packed_stream.h"

#include <algorithm>
#include <array>
#include <limits>
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

template <class Stream>
std::unique_ptr<PackedStream> make()
{
    return std::make_unique<Stream>();
}

constexpr std::array kKinds = {
    PackedKind{"gzip", "\x1f\x8b", make<GzipStream>},
    PackedKind{"zstd", "\x28\xb5\x2f\xfd", make<ZstdStream>},
};

} // namespace

const PackedKind* findPackedKind(std::string_view head)
{
    const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                    [&](const PackedKind& kind) { return head.starts_with(kind.magic); });
    return found == kKinds.end() ? nullptr : &*found;
}

} // namespace luthier::data
