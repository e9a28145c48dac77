// SPDX-License-Identifier: GPL-3.0-or-later
// LoanPool: things that one call works with and the next one uses again, as many as threads called at once.
//
// Threads: a pool may be used from any thread; what it lent belongs to the borrower.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace luthier::text {

template <class Thing>
class LoanPool {
public:
    class Loan {
    public:
        explicit Loan(LoanPool& pool) : m_pool(pool), m_thing(pool.take()) {}
        ~Loan() { m_pool.giveBack(std::move(m_thing)); }
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        Thing& operator*() { return *m_thing; }

    private:
        LoanPool& m_pool;
        std::unique_ptr<Thing> m_thing;
    };

private:
    std::unique_ptr<Thing> take()
    {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_free.empty()) {
                auto thing = std::move(m_free.back());
                m_free.pop_back();
                return thing;
            }
        }
        return std::make_unique<Thing>();
    }
    void giveBack(std::unique_ptr<Thing> thing)
    {
        const std::lock_guard lock(m_mutex);
        m_free.push_back(std::move(thing));
    }

    std::mutex m_mutex;
    std::vector<std::unique_ptr<Thing>> m_free;
};

} // namespace luthier::text
