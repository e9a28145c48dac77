// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/row_walk.h"

#include "core/data/sources/data_file.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace luthier::data {

namespace {

constexpr std::int64_t kChunkRows = 256;
constexpr std::int64_t kMostThreads = 16;
constexpr auto kReportEvery = std::chrono::milliseconds(100);

struct Walk {
    std::atomic<std::int64_t> next = 0;
    std::atomic<std::int64_t> done = 0;
    std::atomic<bool> stop = false;
    std::mutex mutex;
    std::condition_variable changed;
    std::int64_t ended = 0;  // guarded by mutex, as is problem
    std::exception_ptr problem;
};

void work(Walk& walk, std::int64_t numRows, const base::CancelToken& cancel, std::size_t worker,
          const std::function<void(std::int64_t, std::size_t)>& each)
{
    try {
        const ReadAhead ahead;
        while (!walk.stop && !cancel.isCancelled()) {
            const std::int64_t first = walk.next.fetch_add(kChunkRows);
            if (first >= numRows) {
                break;
            }
            const std::int64_t end = std::min(numRows, first + kChunkRows);
            for (std::int64_t row = first; row < end && !cancel.isCancelled(); ++row) {
                each(row, worker);
            }
            walk.done += end - first;
        }
    } catch (const std::exception&) { // said by the calling thread: a sentence made here without memory would throw again
        const std::lock_guard lock(walk.mutex);
        walk.problem = std::current_exception();
        walk.stop = true;
    }
    const std::lock_guard lock(walk.mutex);
    ++walk.ended;
    walk.changed.notify_all();
}

Error whatStopped(const std::exception_ptr& problem)
{
    try {
        std::rethrow_exception(problem);
    } catch (const std::bad_alloc&) {
        return Error{"the rows could not be looked through: there is not enough memory; close other programs, or take fewer rows"};
    } catch (const std::exception& thrown) {
        return Error{std::string("the rows could not be looked through: ") + thrown.what()};
    }
}

} // namespace

std::int64_t walkThreads(const WalkOptions& options, std::int64_t numRows)
{
    const auto machine = static_cast<std::int64_t>(std::thread::hardware_concurrency());
    const std::int64_t wanted = options.threads > 0 ? options.threads : std::min(machine, kMostThreads);
    return std::clamp<std::int64_t>(wanted, 1, numRows / kChunkRows + 1);
}

Result<void> walkRows(std::int64_t numRows, const WalkOptions& options,
                      const std::function<void(std::int64_t row, std::size_t worker)>& each)
{
    Walk walk;
    const std::int64_t threads = walkThreads(options, numRows);
    std::vector<std::jthread> pool;
    for (std::int64_t i = 0; i < threads; ++i) {
        pool.emplace_back([&, i] { work(walk, numRows, options.cancel, static_cast<std::size_t>(i), each); });
    }
    {
        std::unique_lock lock(walk.mutex);
        while (!walk.changed.wait_for(lock, kReportEvery, [&] { return walk.ended == threads; })) {
            lock.unlock();
            if (options.progress) {
                options.progress(std::min(walk.done.load(), numRows), numRows);
            }
            lock.lock();
        }
    }
    pool.clear();
    if (walk.problem) {
        return whatStopped(walk.problem);
    }
    return options.cancel.isCancelled() ? Result<void>(Error{"cancelled"}) : Result<void>();
}

} // namespace luthier::data
