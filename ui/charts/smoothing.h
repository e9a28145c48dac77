// SPDX-License-Identifier: GPL-3.0-or-later
// Smoothing: an exponential mean that starts unbiased, fed one value at a time. weight 0: the value itself; below 1. Values keep their unit.
//
// Threads: a value.
#pragma once

#include <cmath>

namespace luthier::ui {

class Smoothing {
public:
    explicit Smoothing(double weight = 0) : m_weight(weight) {}

    double next(double value)
    {
        if (!std::isfinite(value)) {
            return value; // a broken step leaves a gap and no trace in what follows
        }
        m_mean = m_weight * m_mean + (1 - m_weight) * value;
        m_share = m_weight * m_share + (1 - m_weight);
        return m_mean / m_share;
    }

private:
    double m_weight;
    double m_mean = 0;
    double m_share = 0;
};

} // namespace luthier::ui
