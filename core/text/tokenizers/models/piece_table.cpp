// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/models/piece_table.h"

namespace luthier::text {

bool PieceTable::add(TokenId id, std::string_view spelling)
{
    if (has(id) || find(spelling) != kNone) {
        return false;
    }
    place(id, spelling);
    if (m_count * 2 > m_slots.size()) {
        grow();
        return true;
    }
    const auto mask = m_slots.size() - 1;
    auto slot = hashBytes(spelling) & mask;
    while (m_slots[slot] != kNone) {
        slot = (slot + 1) & mask;
    }
    m_slots[slot] = id;
    return true;
}

bool PieceTable::addAgain(TokenId id, std::string_view spelling)
{
    if (has(id) || find(spelling) == kNone) {
        return add(id, spelling);
    }
    const auto mask = m_slots.size() - 1;
    auto slot = hashBytes(spelling) & mask;
    while (piece(m_slots[slot]) != spelling) {
        slot = (slot + 1) & mask;
    }
    place(id, spelling);
    m_slots[slot] = id;
    if (m_count * 2 > m_slots.size()) {
        grow();
    }
    return true;
}

void PieceTable::place(TokenId id, std::string_view spelling)
{
    if (static_cast<std::size_t>(id) >= m_places.size()) {
        m_places.resize(static_cast<std::size_t>(id) + 1);
    }
    m_places[id] = {m_bytes.size(), static_cast<std::uint32_t>(spelling.size()), true};
    m_bytes += spelling;
    ++m_count;
}

void PieceTable::grow()
{
    m_slots.assign(m_slots.empty() ? 1024 : m_slots.size() * 2, kNone);
    const auto mask = m_slots.size() - 1;
    for (TokenId id = 0; id < end(); ++id) {
        if (!has(id)) {
            continue;
        }
        auto slot = hashBytes(piece(id)) & mask;
        while (m_slots[slot] != kNone && piece(m_slots[slot]) != piece(id)) { // of two the last
            slot = (slot + 1) & mask;
        }
        m_slots[slot] = id;
    }
}

} // namespace luthier::text
