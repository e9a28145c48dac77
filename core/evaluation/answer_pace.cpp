// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/answer_pace.h"

#include <algorithm>

namespace luthier::evaluation {

namespace {

constexpr double kAtOnce = 0.02;     // of the time since the first: answers with no longer a pause between them end together
constexpr double kOfBatch = 0.25;    // nor of the time that a batch takes
constexpr double kLeastApart = 0.05; // seconds
constexpr std::int64_t kFewest = 8;  // rows that say something where one is answered after the other
constexpr double kLongWait = 30;     // seconds after which fewer have to do

} // namespace

void AnswerPace::begin(std::int64_t atOnce)
{
    m_atOnce = std::max<std::int64_t>(1, atOnce);
    m_before = -1;
    m_made = 0;
    m_begin = m_clock();
    m_firstTime = 0;
    m_lastTime = 0;
}

void AnswerPace::take(std::int64_t done)
{
    m_before = m_before < 0 ? done : m_before;
    const std::int64_t made = done - m_before;
    if (made <= m_made) {
        return;
    }
    const double now = m_clock();
    if (m_made == 0) {
        m_firstTime = now;
    } else if (now - m_lastTime > longestPause(now)) {
        m_perRow = m_made >= std::max(kFewest, m_atOnce) || now - m_begin > kLongWait ? (now - m_firstTime) / static_cast<double>(m_made) : m_perRow;
    }
    m_lastTime = now;
    m_left -= made - m_made;
    m_made = made;
}

double AnswerPace::longestPause(double now) const
{
    const double ofBatch = m_perRow < 0 ? now - m_firstTime : kOfBatch * m_perRow * static_cast<double>(m_atOnce);
    return std::max(kLeastApart, std::min(kAtOnce * (now - m_firstTime), ofBatch));
}

double AnswerPace::secondsLeft() const
{
    if (m_perRow < 0) {
        return -1;
    }
    const double passed = m_made > 0 ? m_clock() - m_lastTime : 0;
    return std::max(0.0, static_cast<double>(m_left) * m_perRow - passed);
}

} // namespace luthier::evaluation
