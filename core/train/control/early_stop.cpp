// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/control/early_stop.h"

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/measures/summary.h"

#include <algorithm>

namespace luthier::train {

void EarlyStop::restore(std::int64_t step)
{
    m_losses.clear();
    const auto stored = base::readJson(m_path);
    for (const Json& row : stored && stored->is_array() ? *stored : Json::array()) {
        const bool isGood = row.is_object() && row.contains("step") && row.at("step").is_number_integer() && row.contains("loss")
                            && row.at("loss").is_number();
        if (isGood && row.at("step").get<std::int64_t>() <= step) {
            m_losses.emplace_back(row.at("step").get<std::int64_t>(), row.at("loss").get<double>());
        }
    }
    count();
}

Result<void> EarlyStop::take(std::int64_t step, double loss)
{
    std::erase_if(m_losses, [step](const auto& known) { return known.first >= step; });
    m_losses.emplace_back(step, loss);
    count();
    if (m_patience == 0) {
        return {};
    }
    Json rows = Json::array();
    for (const auto& [at, value] : m_losses) {
        rows.push_back({{"step", at}, {"loss", value}});
    }
    return base::writeFileAtomically(m_path, base::dumpJson(rows) + "\n");
}

void EarlyStop::count()
{
    m_waited = 0;
    for (std::size_t i = 0; i < m_losses.size(); ++i) {
        if (i == 0 || m_losses[i].second < m_best.second - m_leastChange) {
            m_best = m_losses[i];
            m_waited = 0;
        } else {
            ++m_waited;
        }
    }
}

std::string EarlyStop::sentence() const
{
    return "Ended at step " + std::to_string(m_losses.empty() ? 0 : m_losses.back().first) + ": in " + std::to_string(m_waited)
           + " evaluations the held-out loss was not lower than " + measures::numberText(m_best.second) + " of step "
           + std::to_string(m_best.first)
           + (m_leastChange > 0 ? " by more than " + measures::numberText(m_leastChange) : std::string()) + " (run.patience).";
}

} // namespace luthier::train
