// SPDX-License-Identifier: GPL-3.0-or-later
// parallelFor: work shared out between the threads that LibTorch computes with. at::parallel_for() is compiled where it is
// called, and runs on one thread wherever that is not compiled with OpenMP, as here. LibTorch's own runtime is looked up in
// the running program, so that there is one team of threads and no build needs a flag. Knows no torch.
#pragma once

#include <cstdint>
#include <type_traits>

namespace luthier::quant {

// Calls work(first, last, part) for pieces of [begin, end), each of `grain` at least but the last, at most one for each thread of at::get_num_threads();
// parts are numbered from 0 and depend on nothing but that number. One after the other where the call itself is part of such
// work, or where LibTorch has no such runtime.
using PieceWork = void (*)(const void* work, std::int64_t first, std::int64_t last, std::int64_t part);
void sharePieces(std::int64_t begin, std::int64_t end, std::int64_t grain, PieceWork call, const void* work);

// Work takes (first, last) or (first, last, part). What it throws first is thrown here.
template <class Work>
void parallelFor(std::int64_t begin, std::int64_t end, std::int64_t grain, const Work& work)
{
    const auto call = [](const void* given, std::int64_t first, std::int64_t last, std::int64_t part) {
        const Work& own = *static_cast<const Work*>(given);
        if constexpr (std::is_invocable_v<const Work&, std::int64_t, std::int64_t, std::int64_t>) {
            own(first, last, part);
        } else {
            own(first, last);
        }
    };
    sharePieces(begin, end, grain, call, &work);
}

} // namespace luthier::quant
