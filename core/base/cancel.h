// SPDX-License-Identifier: GPL-3.0-or-later
// CancelToken: a shared flag that asks long work to end soon. Copies share the flag.
//
// Threads: any thread may ask and read.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace luthier::base {

class CancelToken {
public:
    void cancel() const { m_flag->store(true, std::memory_order_relaxed); }
    bool isCancelled() const { return m_flag->load(std::memory_order_relaxed); }

private:
    std::shared_ptr<std::atomic<bool>> m_flag = std::make_shared<std::atomic<bool>>(false);
};

// done and total in the unit of the work (rows, bytes); total 0 while unknown. Called on the working thread.
using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

} // namespace luthier::base
