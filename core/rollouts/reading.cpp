// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rollouts/reading.h"

#include "core/rollouts/rollout_log.h"

#include <algorithm>
#include <array>
#include <utility>

namespace luthier::rollouts {

namespace {

template <auto List>
std::vector<float> listOf(const Answered& answered)
{
    return answered.numbers.*List;
}

double rewardOf(const Answered& answered)
{
    return answered.numbers.reward;
}

double wholeKlOf(const Answered& answered)
{
    return answered.numbers.kl();
}

double lengthOf(const Answered& answered)
{
    return static_cast<double>(answered.ids.size());
}

std::vector<float> klOf(const Answered& answered)
{
    std::vector<float> kl;
    for (std::size_t i = 0; i < answered.numbers.logProbs.size() && i < answered.numbers.reference.size(); ++i) {
        kl.push_back(answered.numbers.logProbs[i] - answered.numbers.reference[i]);
    }
    return kl;
}

} // namespace

std::span<const Order> orders()
{
    static constexpr std::array table{
        Order{"made", "As they were made", nullptr},
        Order{"reward", "Lowest reward first", &rewardOf},
        Order{"reward_high", "Highest reward first", &rewardOf, true},
        Order{"kl", "Lowest KL first", &wholeKlOf},
        Order{"kl_high", "Highest KL first", &wholeKlOf, true},
        Order{"length", "Shortest first", &lengthOf},
        Order{"length_high", "Longest first", &lengthOf, true},
    };
    return table;
}

const Order* findOrder(std::string_view id)
{
    const auto all = orders();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Order& order) { return id == order.id; });
    return found == all.end() ? nullptr : &*found;
}

void sort(std::vector<Answered>& answers, const Order& order)
{
    if (order.key != nullptr) {
        std::stable_sort(answers.begin(), answers.end(),
                         [&](const Answered& a, const Answered& b) { return order.highestFirst ? order.key(a) > order.key(b) : order.key(a) < order.key(b); });
    }
}

std::span<const TokenNumber> tokenNumbers()
{
    using objectives::Rollout;
    static constexpr std::array table{
        TokenNumber{"logprobs", "Log-probability", &listOf<&Rollout::logProbs>},
        TokenNumber{"reference", "Before the run", &listOf<&Rollout::reference>},
        TokenNumber{"kl", "KL", &klOf},
        TokenNumber{"values", "Value", &listOf<&Rollout::values>},
        TokenNumber{"advantages", "Advantage", &listOf<&Rollout::advantages>},
        TokenNumber{"returns", "Return", &listOf<&Rollout::returns>},
    };
    return table;
}

UpdateSummary summaryOf(const Update& update)
{
    UpdateSummary summary{update.number, update.step + 1, static_cast<std::int64_t>(update.answers.size())};
    for (const Answered& answered : update.answers) {
        summary.reward += answered.numbers.reward;
        summary.kl += answered.numbers.kl();
        summary.tokens += static_cast<double>(answered.ids.size());
        summary.ended += answered.numbers.ended ? 1 : 0;
    }
    const double count = std::max<double>(1, static_cast<double>(update.answers.size()));
    for (double* mean : {&summary.reward, &summary.kl, &summary.tokens, &summary.ended}) {
        *mean /= count;
    }
    return summary;
}

Result<std::vector<Again>> answersTo(const std::filesystem::path& run, std::uint32_t file, std::int64_t row, const base::CancelToken& cancel)
{
    std::vector<Again> found;
    for (const std::int64_t number : updatesIn(run)) {
        if (cancel.isCancelled()) {
            return Error{"cancelled"};
        }
        auto update = readUpdate(run, number);
        if (!update) {
            return update.error();
        }
        for (Answered& answered : update->answers) {
            if (answered.file == file && answered.row == row) {
                found.push_back({number, std::move(answered)});
            }
        }
    }
    return found;
}

} // namespace luthier::rollouts
