// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/doctor/history.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace luthier::doctor {

bool Step::isFinite() const
{
    return std::isfinite(loss) && std::isfinite(gradNorm);
}

void History::take(const Start& start)
{
    m_start = start;
    m_first.clear();
    m_last.clear();
    m_steps = 0;
    m_end.reset();
}

void History::take(Step step)
{
    ++m_steps;
    if (m_first.size() < kFirst) {
        m_first.push_back(step);
    }
    m_last.push_back(std::move(step));
    if (m_last.size() > kLast) {
        m_last.pop_front();
    }
}

std::int64_t History::step() const
{
    return !m_last.empty() ? m_last.back().step : m_start ? m_start->firstStep : 0;
}

std::vector<Evaluation> History::of(std::string_view set) const
{
    std::vector<Evaluation> found;
    for (const Evaluation& evaluation : m_evaluations) {
        if (evaluation.set != set || !evaluation.loss || !std::isfinite(*evaluation.loss)) {
            continue;
        }
        // A step that came again after a resume counts as it came last.
        while (!found.empty() && found.back().step >= evaluation.step) {
            found.pop_back();
        }
        found.push_back(evaluation);
    }
    return found;
}

std::ranges::subrange<std::deque<Step>::const_iterator> History::newest(std::size_t count) const
{
    const std::size_t taken = std::min(count, m_last.size());
    return {m_last.end() - static_cast<std::ptrdiff_t>(taken), m_last.end()};
}

double mean(std::span<const double> values)
{
    double sum = 0;
    std::size_t count = 0;
    for (const double value : values) {
        if (std::isfinite(value)) {
            sum += value;
            ++count;
        }
    }
    return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

double median(std::vector<double> values)
{
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    if (values.empty()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace luthier::doctor
