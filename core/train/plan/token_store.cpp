// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/token_store.h"

#include "core/base/hash.h"

#include <string_view>

namespace luthier::train {

namespace {

template <class T>
std::string_view bytesOf(const std::vector<T>& values)
{
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

} // namespace

void TokenStore::append(std::span<const std::int32_t> ids, std::span<const std::uint8_t> trained)
{
    std::int32_t targets = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const bool target = i > 0 && trained[i] != 0;
        targets += target ? 1 : 0;
        m_tokens.push_back(target ? ids[i] : ~ids[i]);
    }
    m_offsets.push_back(m_tokens.size());
    m_trained.push_back(targets);
}

void TokenStore::append(std::span<const std::int32_t> stored)
{
    std::int32_t targets = 0;
    for (const std::int32_t token : stored) {
        targets += isTarget(token) ? 1 : 0;
    }
    m_tokens.insert(m_tokens.end(), stored.begin(), stored.end());
    m_offsets.push_back(m_tokens.size());
    m_trained.push_back(targets);
}

std::string TokenStore::hash() const
{
    return base::sha256(base::sha256(bytesOf(m_tokens)) + base::sha256(bytesOf(m_offsets)));
}

} // namespace luthier::train
