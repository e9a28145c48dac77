// SPDX-License-Identifier: GPL-3.0-or-later
// Coverage: an interval of 95 % holds the truth in 95 of 100 worlds.
#pragma once

#include "core/base/random.h"
#include "core/statistics/distributions.h"

#include <QtGlobal>

#include <cstdint>

namespace luthier::support {

inline bool holds(const statistics::Interval& interval, double truth)
{
    return interval.low <= truth && interval.high >= truth;
}

// The share of so many worlds that hold. heldIn(random) draws one and says whether it holds, or of several intervals which share of them does.
template <class HeldIn>
double shareHeld(int worlds, std::uint64_t seed, const HeldIn& heldIn)
{
    base::Random random(seed);
    double held = 0;
    for (int world = 0; world < worlds; ++world) {
        held += heldIn(random);
    }
    return held / worlds;
}

// 95 of 100, give or take one; what it is stands in the test's output.
inline bool isAsPromised(double share)
{
    qInfo("held %.4f", share);
    return share >= 0.94 && share <= 0.96;
}

} // namespace luthier::support
