// SPDX-License-Identifier: GPL-3.0-or-later
// AnswerPace: how long the rest of the answers takes, by those that are there. Many are under way at once and may end together, a batch of them
// at the limit of tokens: counted from the first of one such moment to the first of another, they are as many as the time between them made,
// while all that ended in it, over the time up to it, are up to twice as many or half.
//
// Threads: one at a time.
#pragma once

#include "core/base/clock.h"

#include <cstdint>

namespace luthier::evaluation {

class AnswerPace {
public:
    // `open`: answers that are wanted, of all who answer.
    explicit AnswerPace(std::int64_t open, base::Clock clock = base::wallSeconds) : m_clock(clock), m_left(open) {}

    // Another begins to answer; atOnce: rows under way together. Its pace is the last one's until enough of its own are there.
    void begin(std::int64_t atOnce);
    // So many rows are done, of which the first call counts those that were there before.
    void take(std::int64_t done);

    // Of all answers; negative: not known yet.
    double secondsLeft() const;
    double secondsSinceBegin() const { return m_clock() - m_begin; }

private:
    double longestPause(double now) const; // between answers of one moment

    base::Clock m_clock;
    std::int64_t m_left;         // of all
    std::int64_t m_atOnce = 1;
    std::int64_t m_before = -1;  // rows that were done when it began; -1: not told yet
    std::int64_t m_made = 0;     // since
    double m_begin = 0;
    double m_firstTime = 0;      // of the first moment at which answers ended
    double m_lastTime = 0;       // of the latest answer
    double m_perRow = -1;        // seconds; negative: not known
};

} // namespace luthier::evaluation
