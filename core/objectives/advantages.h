// SPDX-License-Identifier: GPL-3.0-or-later
// Advantages: how much better an answer, or a token of it, is than what was to be expected. Torch-free, in double precision.
#pragma once

#include "core/objectives/rollouts.h"

#include <span>
#include <vector>

namespace luthier::objectives {

// Rewards of groups one behind the other, each less its group's mean and divided by (s + 1e-4), s the standard deviation
// (n - 1) of the group or of all; Scale::None divides by nothing. Where a group has no spread all of it is 0.
enum class Scale { Group, Batch, None };
std::vector<double> groupAdvantages(std::span<const double> rewards, std::size_t group, Scale scale);

// Rewards of groups, each less the mean of the others of its group (arXiv 2402.14740).
std::vector<double> leaveOneOut(std::span<const double> rewards, std::size_t group);

// Generalised advantage estimation (arXiv 1506.02438) of one answer: d_t = r_t + g V_(t+1) - V_t, A_t = d_t + g l A_(t+1),
// V and A behind the end 0. Returns are A + V.
std::vector<double> generalisedAdvantages(std::span<const double> rewards, std::span<const float> values, double discount, double lambda);

// (x - m) / sqrt(v + 1e-8) over all values of all lists, v with n - 1; the mean is added again where it is kept.
void whiten(std::span<std::vector<double>*> lists, bool keepMean);

// Ziegler's controller (arXiv 1909.08593): now * (1 + clip(kl / target - 1, -0.2, 0.2) * answers / horizon).
double adaptedWeight(double now, double kl, double target, double answers, double horizon);

} // namespace luthier::objectives
