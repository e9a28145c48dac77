// SPDX-License-Identifier: GPL-3.0-or-later
// Budget: the work and memory one render may use, so that no template loops for ever or fills the memory.
// Work is counted where it happens, also inside filters and comparisons; what is counted is the same on every
// machine, so a template passes everywhere or nowhere.
//
// Threads: a Budget belongs to the thread that made it and is in force there until it is destroyed.
#pragma once

#include <cstddef>

namespace luthier::text::jinja {

inline constexpr std::size_t kMostSteps = std::size_t{10} << 20;
inline constexpr std::size_t kMostBytes = std::size_t{256} << 20; // made in all, kept or not
inline constexpr std::size_t kLongestText = std::size_t{64} << 20;

class Budget {
public:
    Budget();
    ~Budget();
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

private:
    friend void spend(std::size_t steps);
    friend void allocate(std::size_t bytes);

    std::size_t m_steps = 0;
    std::size_t m_bytes = 0;
    Budget* m_before = nullptr;
};

// Errors: Problem when the budget in force is used up. Without a budget nothing is counted.
void spend(std::size_t steps);
void allocate(std::size_t bytes);

} // namespace luthier::text::jinja
