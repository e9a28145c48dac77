// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/stop_texts.h"

#include <algorithm>
#include <utility>

namespace luthier::inference {

StopTexts::StopTexts(std::vector<std::string> stops) : m_stops(std::move(stops))
{
    std::erase(m_stops, std::string());
}

std::string StopTexts::push(const std::string& piece)
{
    if (m_stopped) {
        return {};
    }
    m_held += piece;
    std::size_t end = std::string::npos;
    for (const std::string& stop : m_stops) {
        end = std::min(end, m_held.find(stop));
    }
    if (end != std::string::npos) {
        m_stopped = true;
        return std::exchange(m_held, {}).substr(0, end);
    }
    std::size_t hold = 0;
    for (const std::string& stop : m_stops) {
        for (std::size_t size = std::min(stop.size() - 1, m_held.size()); size > hold; --size) {
            if (m_held.compare(m_held.size() - size, size, stop, 0, size) == 0) {
                hold = size;
            }
        }
    }
    std::string certain = m_held.substr(0, m_held.size() - hold);
    m_held.erase(0, certain.size());
    return certain;
}

std::string StopTexts::finish()
{
    return std::exchange(m_held, {});
}

} // namespace luthier::inference
