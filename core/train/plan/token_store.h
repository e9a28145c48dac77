// SPDX-License-Identifier: GPL-3.0-or-later
// TokenStore: encoded rows one behind the other, four bytes a token. A token that is a target stands as its id,
// any other as ~id. Torch-free.
//
// Threads: const functions from any thread at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace luthier::train {

class TokenStore {
public:
    static std::int32_t idOf(std::int32_t stored) { return stored < 0 ? ~stored : stored; }
    static bool isTarget(std::int32_t stored) { return stored >= 0; }

    // `trained` [ids]: which tokens are targets. The first never is: nothing predicts it.
    void append(std::span<const std::int32_t> ids, std::span<const std::uint8_t> trained);
    void append(std::span<const std::int32_t> stored);

    std::size_t size() const { return m_trained.size(); }
    bool isEmpty() const { return m_trained.empty(); }
    std::span<const std::int32_t> row(std::size_t index) const
    {
        return std::span(m_tokens).subspan(m_offsets[index], m_offsets[index + 1] - m_offsets[index]);
    }
    std::int64_t length(std::size_t index) const
    {
        return static_cast<std::int64_t>(m_offsets[index + 1] - m_offsets[index]);
    }
    std::int64_t numTrained(std::size_t index) const { return m_trained[index]; }
    std::int64_t numTokens() const { return static_cast<std::int64_t>(m_tokens.size()); }

    std::string hash() const; // of all rows in order: identity of the data in checkpoints

private:
    std::vector<std::int32_t> m_tokens;
    std::vector<std::size_t> m_offsets{0};
    std::vector<std::int32_t> m_trained; // targets of each row
};

} // namespace luthier::train
