// SPDX-License-Identifier: GPL-3.0-or-later
// EncodeScratch: what one call of encode works with and the next one uses again; ScratchPool lends them out.
//
// Threads: a pool may be used from any thread; what it lent belongs to the borrower.
#pragma once

#include "core/text/tokenizers/models/piece_model.h"
#include "core/text/tokenizers/models/word_cache.h"
#include "core/text/tokenizers/splitting/splitter.h"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace luthier::text {

struct EncodeScratch {
    WordCache cache;
    ModelScratch model;
    std::vector<Range> pieces;
    std::vector<Range> spare;
    std::vector<std::pair<WordKey, std::uint64_t>> keys; // of the pieces, with their hashes
    std::vector<Symbol> symbols;
    std::vector<TokenId> ids;
};

class ScratchPool {
public:
    class Loan {
    public:
        explicit Loan(ScratchPool& pool) : m_pool(pool), m_scratch(pool.take()) {}
        ~Loan() { m_pool.giveBack(std::move(m_scratch)); }
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        EncodeScratch& operator*() { return *m_scratch; }

    private:
        ScratchPool& m_pool;
        std::unique_ptr<EncodeScratch> m_scratch;
    };

private:
    std::unique_ptr<EncodeScratch> take()
    {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_free.empty()) {
                auto scratch = std::move(m_free.back());
                m_free.pop_back();
                return scratch;
            }
        }
        return std::make_unique<EncodeScratch>();
    }
    void giveBack(std::unique_ptr<EncodeScratch> scratch)
    {
        const std::lock_guard lock(m_mutex);
        m_free.push_back(std::move(scratch));
    }

    std::mutex m_mutex;
    std::vector<std::unique_ptr<EncodeScratch>> m_free; // as many as threads encoded at once
};

} // namespace luthier::text
