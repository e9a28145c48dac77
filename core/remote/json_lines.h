// SPDX-License-Identifier: GPL-3.0-or-later
// JsonLines: bytes as they come from a program that says one value a line.
#pragma once

#include "core/base/json.h"

#include <string>
#include <string_view>
#include <utility>

namespace luthier::remote {

class JsonLines {
public:
    // Calls onValue(Json) for each line that is whole by now; one that is no JSON says nothing.
    template <typename OnValue>
    void take(std::string_view bytes, const OnValue& onValue)
    {
        m_line += bytes;
        for (std::size_t end = 0; (end = m_line.find('\n')) != std::string::npos; m_line.erase(0, end + 1)) {
            if (auto value = base::parseJson(m_line.substr(0, end))) {
                onValue(std::move(*value));
            }
        }
    }

private:
    std::string m_line; // not whole yet
};

} // namespace luthier::remote
