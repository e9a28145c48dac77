// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/models/merge_table.h"

namespace luthier::text {

void MergeTable::add(TokenId left, TokenId right, TokenId made)
{
    const auto rank = static_cast<std::uint32_t>(m_made.size());
    m_made.push_back(made);
    m_keys.push_back(scrambled(left, right));
    if (m_made.size() * 4 > m_slots.size() * 3 || !put(m_keys.back(), rank)) {
        grow();
    }
}

bool MergeTable::put(std::uint64_t key, std::uint32_t rank)
{
    const auto home = static_cast<std::size_t>(key >> m_restBits);
    for (std::uint64_t distance = 0; distance <= kFarthest; ++distance) {
        auto& slot = m_slots[home + distance];
        const auto rest = (key & m_restMask) | (distance << m_restBits);
        if ((slot & kUsed) == 0 || slot >> kRestShift == rest) {
            slot = (rest << kRestShift) | kUsed | rank;
            m_filter[filterWord(key)] |= filterBit(key);
            return true;
        }
    }
    return false;
}

void MergeTable::grow()
{
    bool good = false;
    for (int bits = m_slots.empty() ? 10 : kKeyBits - m_restBits + 1; !good; ++bits) {
        m_restBits = kKeyBits - bits;
        m_restMask = (std::uint64_t{1} << m_restBits) - 1;
        m_slots.assign((std::size_t{1} << bits) + kFarthest + 1, 0); // the last one is never used and ends every search
        m_filter.assign((std::size_t{1} << bits) * 4 / 64, 0);
        good = true;
        for (std::size_t rank = 0; good && rank < m_keys.size(); ++rank) {
            good = put(m_keys[rank], static_cast<std::uint32_t>(rank));
        }
    }
}

} // namespace luthier::text
