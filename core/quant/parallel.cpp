// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quant/parallel.h"

#include <ATen/Parallel.h>

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <utility>

namespace luthier::quant {

namespace {

// Of GNU's runtime, which LLVM's offers as well: runs on so many threads, the calling one among them, and waits for all.
using RunOnAll = void (*)(void (*work)(void*), void* data, unsigned threads, unsigned flags);

RunOnAll runtime()
{
    static const auto run = reinterpret_cast<RunOnAll>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
    return run;
}

class Pieces {
public:
    Pieces(std::int64_t begin, std::int64_t end, std::int64_t count, PieceWork call, const void* work)
        : m_begin(begin), m_end(end), m_size((end - begin + count - 1) / count), m_call(call), m_work(work)
    {
    }

    // On each thread: pieces, until there are none. The runtime may give fewer threads than were asked for.
    void take() noexcept
    {
        for (std::int64_t part = m_next++; m_begin + part * m_size < m_end; part = m_next++) {
            try {
                const std::int64_t first = m_begin + part * m_size;
                m_call(m_work, first, std::min(m_end, first + m_size), part);
            } catch (...) {
                if (!m_failed.test_and_set()) {
                    m_error = std::current_exception();
                }
            }
        }
    }
    void rethrow() const
    {
        if (m_error) {
            std::rethrow_exception(m_error);
        }
    }

private:
    std::int64_t m_begin;
    std::int64_t m_end;
    std::int64_t m_size;
    PieceWork m_call;
    const void* m_work;
    std::atomic<std::int64_t> m_next{0};
    std::atomic_flag m_failed;
    std::exception_ptr m_error;
};

thread_local bool isInside = false; // of a piece

} // namespace

void sharePieces(std::int64_t begin, std::int64_t end, std::int64_t grain, PieceWork call, const void* work)
{
    if (begin >= end) {
        return;
    }
    const std::int64_t least = std::max<std::int64_t>(1, grain);
    const std::int64_t count = std::min<std::int64_t>(at::get_num_threads(), (end - begin + least - 1) / least);
    Pieces pieces(begin, end, std::max<std::int64_t>(1, count), call, work);
    if (count <= 1 || isInside || at::in_parallel_region() || !runtime()) {
        pieces.take();
    } else {
        const auto onEach = [](void* all) {
            const bool was = std::exchange(isInside, true);
            static_cast<Pieces*>(all)->take();
            isInside = was;
        };
        // Always the whole team, also for fewer pieces: GNU's runtime ends threads when a team shrinks and makes them anew when it grows,
        // which took a card's machine with 32 cores nearly all of its time.
        runtime()(onEach, &pieces, static_cast<unsigned>(at::get_num_threads()), 0);
    }
    pieces.rethrow();
}

} // namespace luthier::quant
