// SPDX-License-Identifier: GPL-3.0-or-later
// WaitingBytes: what a stream has made and not handed out yet, for want of room. Internal to the streams of packed_stream.h that make
// texts of texts.
//
// Threads: as the stream.
#pragma once

#include "core/data/sources/packed_stream.h"

#include <algorithm>
#include <string>

namespace luthier::data {

// Hands out what there is room for. False: some of it still waits.
inline bool handOut(std::string& waiting, char* to, std::size_t room, PackedStream::Taken& taken)
{
    const auto count = std::min(waiting.size(), room - taken.written);
    std::copy_n(waiting.begin(), count, to + taken.written);
    waiting.erase(0, count);
    taken.written += count;
    return waiting.empty();
}

} // namespace luthier::data
