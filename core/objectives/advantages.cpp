// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/objectives/advantages.h"

#include <algorithm>
#include <cmath>

namespace luthier::objectives {

namespace {

constexpr double kLeastDeviation = 1e-4; // as TRL's
constexpr double kLeastVariance = 1e-8;

double meanOf(std::span<const double> values)
{
    double sum = 0;
    for (const double value : values) {
        sum += value;
    }
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double varianceOf(std::span<const double> values, double mean)
{
    double sum = 0;
    for (const double value : values) {
        sum += (value - mean) * (value - mean);
    }
    return values.size() > 1 ? sum / static_cast<double>(values.size() - 1) : 0;
}

} // namespace

std::vector<double> groupAdvantages(std::span<const double> rewards, std::size_t group, Scale scale)
{
    const double ofAll = std::sqrt(varianceOf(rewards, meanOf(rewards)));
    std::vector<double> advantages;
    for (std::size_t first = 0; first < rewards.size(); first += group) {
        const auto own = rewards.subspan(first, std::min(group, rewards.size() - first));
        const double mean = meanOf(own);
        const double deviation = scale == Scale::Group ? std::sqrt(varianceOf(own, mean)) : ofAll;
        for (const double reward : own) {
            advantages.push_back(scale == Scale::None ? reward - mean : (reward - mean) / (deviation + kLeastDeviation));
        }
    }
    return advantages;
}

std::vector<double> leaveOneOut(std::span<const double> rewards, std::size_t group)
{
    std::vector<double> advantages;
    for (std::size_t first = 0; first < rewards.size(); first += group) {
        const auto own = rewards.subspan(first, std::min(group, rewards.size() - first));
        const double sum = meanOf(own) * static_cast<double>(own.size());
        for (const double reward : own) {
            advantages.push_back(own.size() > 1 ? reward - (sum - reward) / static_cast<double>(own.size() - 1) : 0);
        }
    }
    return advantages;
}

std::vector<double> generalisedAdvantages(std::span<const double> rewards, std::span<const float> values, double discount, double lambda)
{
    std::vector<double> advantages(rewards.size());
    double next = 0;
    double nextValue = 0;
    for (std::size_t i = rewards.size(); i-- > 0;) {
        const double value = values[i];
        next = rewards[i] + discount * nextValue - value + discount * lambda * next;
        nextValue = value;
        advantages[i] = next;
    }
    return advantages;
}

void whiten(std::span<std::vector<double>*> lists, bool keepMean)
{
    std::vector<double> all;
    for (const std::vector<double>* list : lists) {
        all.insert(all.end(), list->begin(), list->end());
    }
    const double mean = meanOf(all);
    const double factor = 1 / std::sqrt(varianceOf(all, mean) + kLeastVariance);
    for (std::vector<double>* list : lists) {
        for (double& value : *list) {
            value = (value - mean) * factor + (keepMean ? mean : 0);
        }
    }
}

double adaptedWeight(double now, double kl, double target, double answers, double horizon)
{
    const double error = std::clamp(kl / target - 1, -0.2, 0.2);
    return now * (1 + error * answers / horizon);
}

} // namespace luthier::objectives
