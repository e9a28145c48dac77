// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/windows.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace luthier::train {

namespace {

class Joining {
public:
    Joining(std::int64_t length, std::optional<std::int32_t> mark)
        : m_length(static_cast<std::size_t>(std::max<std::int64_t>(length, 2))), m_last(mark)
    {
    }

    void add(const Item& text, std::span<const std::int32_t> tokens)
    {
        for (const std::int32_t stored : tokens) {
            const std::int32_t id = TokenStore::idOf(stored);
            if (!m_last) {
                m_last = id; // nothing can predict it
                continue;
            }
            if (m_window.empty()) {
                m_item = text;
                m_window.push_back(~*m_last);
            }
            if (m_pieces.empty() || !(m_pieces.back().place == text.place)) {
                m_pieces.push_back({text.place, 0});
            }
            ++m_pieces.back().trained;
            m_window.push_back(id);
            m_last = id;
            if (m_window.size() == m_length) {
                close();
            }
        }
    }

    ItemStore finish()
    {
        if (!m_window.empty()) {
            close();
        }
        return std::move(m_windows);
    }

private:
    void close()
    {
        m_windows.appendJoined(m_item, m_window, m_pieces);
        m_window.clear();
        m_pieces.clear();
    }

    std::size_t m_length;
    std::optional<std::int32_t> m_last; // token before the next one
    Item m_item;                        // the text that the open window begins in
    std::vector<std::int32_t> m_window; // as TokenStore holds it
    std::vector<Piece> m_pieces;
    ItemStore m_windows;
};

} // namespace

ItemStore joinedInWindows(const ItemStore& texts, std::int64_t length, std::optional<std::int32_t> mark)
{
    Joining joining(length, mark);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        joining.add(texts.item(i), texts.sequences().row(texts.item(i).first));
    }
    return joining.finish();
}

ItemStore takeLastWindows(ItemStore& windows, double share)
{
    const auto all = windows.size();
    const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(all)));
    const std::size_t first = all - std::clamp<std::size_t>(wanted, 1, all - 1);
    ItemStore kept;
    ItemStore taken;
    for (std::size_t i = 0; i < all; ++i) {
        (i < first ? kept : taken).append(windows, i);
    }
    windows = std::move(kept);
    return taken;
}

std::int64_t trainedOf(const ItemStore& items)
{
    std::int64_t targets = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        targets += items.numTrained(i);
    }
    return targets;
}

} // namespace luthier::train
