// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/path_pattern.h"

#include <utility>

namespace luthier::peft {

bool PathPattern::matchesWhole(std::string_view path) const
{
    std::vector<std::size_t> now;
    std::vector<std::size_t> stack;
    std::vector<std::size_t> seen(m_states.size(), 0); // the step in which a state was last added
    std::size_t step = 1;
    const auto enter = [&](std::size_t first, std::vector<std::size_t>& set) {
        stack.assign(1, first);
        while (!stack.empty()) {
            const std::size_t state = stack.back();
            stack.pop_back();
            if (std::exchange(seen[state], step) == step) {
                continue;
            }
            if (m_states[state].kind == State::Kind::Split) {
                stack.push_back(m_states[state].next);
                stack.push_back(m_states[state].other);
            } else {
                set.push_back(state);
            }
        }
    };
    enter(m_start, now);
    for (const char letter : path) {
        ++step;
        std::vector<std::size_t> after;
        for (const std::size_t state : now) {
            if (m_states[state].kind == State::Kind::Bytes
                && m_states[state].bytes.test(static_cast<unsigned char>(letter))) {
                enter(m_states[state].next, after);
            }
        }
        now = std::move(after);
    }
    for (const std::size_t state : now) {
        if (m_states[state].kind == State::Kind::Done) {
            return true;
        }
    }
    return false;
}

bool PathPattern::matchesTail(std::string_view path) const
{
    for (std::size_t start = 0;;) {
        if (m_anchored && start > 0) {
            return false;
        }
        if (matchesWhole(path.substr(start))) {
            return true;
        }
        const auto dot = path.find('.', start);
        if (dot == std::string_view::npos) {
            return false;
        }
        start = dot + 1;
    }
}

} // namespace luthier::peft
