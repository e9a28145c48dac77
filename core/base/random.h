// SPDX-License-Identifier: GPL-3.0-or-later
// Random: splitmix64, a generator of our own so that splits, shuffles and samples are the same
// on every machine and library version. The whole state is one number.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace luthier::base {

class Random {
public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}

    std::uint64_t next()
    {
        std::uint64_t z = (m_state += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    // In [0, 1), 53 bits.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

    // In [0, bound), bound > 0, without bias (multiply-shift with rejection, Lemire 2019).
    std::uint64_t below(std::uint64_t bound)
    {
        __extension__ using Wide = unsigned __int128;
        Wide product = static_cast<Wide>(next()) * bound;
        auto low = static_cast<std::uint64_t>(product);
        const std::uint64_t threshold = (0 - bound) % bound;
        while (low < threshold) {
            product = static_cast<Wide>(next()) * bound;
            low = static_cast<std::uint64_t>(product);
        }
        return static_cast<std::uint64_t>(product >> 64);
    }

    template <class T>
    void shuffle(std::vector<T>& items)
    {
        for (std::size_t i = items.size(); i > 1; --i) {
            std::swap(items[i - 1], items[below(i)]);
        }
    }

    std::uint64_t state() const { return m_state; }
    void restore(std::uint64_t state) { m_state = state; }

private:
    std::uint64_t m_state;
};

} // namespace luthier::base
