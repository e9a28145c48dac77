// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewards/contest.h"

namespace luthier::rewards {

double Contest::winRate() const
{
    return rows() > 0 ? (static_cast<double>(better) + static_cast<double>(same) / 2) / static_cast<double>(rows()) : 0;
}

Contest contest(const Rewards& rules, const std::vector<ContestRow>& rows)
{
    Contest result;
    for (const ContestRow& row : rows) {
        const auto rewardOf = [&](const std::string& text) {
            Answer answer = row.known;
            answer.text = text;
            return rules.judge(answer).reward;
        };
        const double before = rewardOf(row.before);
        const double after = rewardOf(row.after);
        ++(after > before ? result.better : after < before ? result.worse : result.same);
        result.before += before;
        result.after += after;
    }
    if (!rows.empty()) {
        result.before /= static_cast<double>(rows.size());
        result.after /= static_cast<double>(rows.size());
    }
    return result;
}

} // namespace luthier::rewards
