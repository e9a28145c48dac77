// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/step/time_left.h"

#include "core/train/plan/disk_plan.h"
#include "core/train/plan/evaluation_times.h"

#include <algorithm>

namespace luthier::train {

namespace {

// Of those at every so many steps, behind `step` and before the last.
double timesBetween(std::int64_t step, std::int64_t every, std::int64_t total)
{
    return static_cast<double>(std::max<std::int64_t>(0, (total - 1) / every - step / every));
}

} // namespace

TimeLeft::TimeLeft(std::int64_t totalSteps, const config::RunSettings& settings)
    : m_total(totalSteps), m_evalEvery(evaluationInterval(settings, totalSteps)), m_checkpointEvery(checkpointInterval(settings, totalSteps)),
      m_mostShare(settings.evalEvery > 0 ? 1 : settings.evalShare)
{
}

double TimeLeft::after(std::int64_t step, double secondsPerStep) const
{
    const double steps = static_cast<double>(std::max<std::int64_t>(0, m_total - step)) * secondsPerStep;
    // The last checkpoint, and the result, which takes about as long.
    const double saving = (timesBetween(step, m_checkpointEvery, m_total) + 2) * m_checkpoint;
    return steps + saving + evaluationsAfter(step, steps + saving) + m_rows;
}

// The last one is made whatever the time is.
double TimeLeft::evaluationsAfter(std::int64_t step, double rest) const
{
    const double all = timesBetween(step, m_evalEvery, m_total) * m_evaluation;
    const bool isFree = EvaluationTime{m_evaluation, m_evaluation, 0}.isNothing();
    const double allowed = isFree || m_mostShare >= 1 ? all : rest * m_mostShare / (1 - m_mostShare);
    return std::min(all, allowed) + m_evaluation;
}

} // namespace luthier::train
