// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/transfer_rate.h"

namespace luthier::hub {
namespace {

constexpr std::chrono::seconds kWindow{5};
constexpr std::chrono::milliseconds kStep{100}; // marks closer than this replace each other

} // namespace

void TransferRate::add(std::int64_t done, Clock::time_point now)
{
    while (m_marks.size() > 1 && now - m_marks.front().at > kWindow) {
        m_marks.pop_front();
    }
    if (m_marks.size() > 1 && now - m_marks[m_marks.size() - 2].at < kStep) {
        m_marks.back() = {now, done};
        return;
    }
    m_marks.push_back({now, done});
}

double TransferRate::bytesPerSecond() const
{
    if (m_marks.size() < 2) {
        return 0;
    }
    const double seconds = std::chrono::duration<double>(m_marks.back().at - m_marks.front().at).count();
    return seconds > 0 ? static_cast<double>(m_marks.back().done - m_marks.front().done) / seconds : 0;
}

double TransferRate::secondsLeft(std::int64_t total) const
{
    const double speed = bytesPerSecond();
    return speed > 0 ? static_cast<double>(total - m_marks.back().done) / speed : -1;
}

} // namespace luthier::hub
