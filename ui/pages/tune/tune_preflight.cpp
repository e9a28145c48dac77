// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_preflight.h"

#include "core/store/run_rows.h"

namespace luthier::ui {

void TunePreflight::start(const config::RunConfig& config, const std::shared_ptr<store::Project>& project)
{
    cancel();
    m_measured.reset();
    m_problem.clear();
    m_control = std::make_shared<train::StopControl>();
    const auto work = [config, project, control = m_control]() -> Result<train::PlanMeasure> {
        const auto rows = store::runRows(project.get(), config.data);
        return rows ? train::measurePlan(config, *rows, *control) : Result<train::PlanMeasure>(rows.error());
    };
    m_job.start(this, work, [this](const Result<train::PlanMeasure>& measured) {
        if (measured) {
            m_measured = *measured;
        } else {
            m_problem = QString::fromStdString(measured.message());
        }
        Q_EMIT finished();
    });
}

void TunePreflight::cancel()
{
    if (m_control) {
        m_control->requestStop();
    }
    m_job.cancel();
}

} // namespace luthier::ui
