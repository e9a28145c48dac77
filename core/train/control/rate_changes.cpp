// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/control/rate_changes.h"

#include "core/base/files.h"
#include "core/base/json.h"

#include <cmath>
#include <iterator>

namespace luthier::train {

Result<void> RateChanges::restore()
{
    std::error_code code;
    if (!std::filesystem::exists(m_path, code)) {
        return {};
    }
    const auto stored = base::readJson(m_path);
    if (!stored) {
        return stored.error();
    }
    std::map<std::int64_t, double> changes;
    for (const Json& row : stored->is_array() ? *stored : Json::array({nullptr})) {
        if (!row.is_object() || !row.contains("from") || !row.at("from").is_number_integer() || !row.contains("learning_rate")
            || !row.at("learning_rate").is_number()) {
            return Error{m_path.string() + ": this is no list of learning rates with the steps that they begin at; take the file away to go on "
                         "with the recipe's rate"};
        }
        changes[row.at("from").get<std::int64_t>()] = row.at("learning_rate").get<double>();
    }
    m_changes = std::move(changes);
    return {};
}

Result<void> RateChanges::add(std::int64_t from, double rate)
{
    if (!std::isfinite(rate) || rate <= 0 || rate > 1) {
        return Error{"a learning rate is a number above 0 and up to 1"};
    }
    auto changes = m_changes;
    changes[from] = rate;
    changes.erase(changes.upper_bound(from), changes.end()); // of a run that was taken back to an earlier step
    Json rows = Json::array();
    for (const auto& [step, value] : changes) {
        rows.push_back({{"from", step}, {"learning_rate", value}});
    }
    auto written = base::writeFileAtomically(m_path, base::dumpJson(rows) + "\n");
    if (written) {
        m_changes = std::move(changes);
    }
    return written;
}

double RateChanges::at(std::int64_t step, double usual) const
{
    const auto behind = m_changes.upper_bound(step);
    return behind == m_changes.begin() ? usual : std::prev(behind)->second;
}

} // namespace luthier::train
