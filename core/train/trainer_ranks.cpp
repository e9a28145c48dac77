// SPDX-License-Identifier: GPL-3.0-or-later
// What a Trainer that is one of several ranks does beside its steps.
#include "core/base/json.h"
#include "core/ranks/team.h"
#include "core/train/bench/bench_probe.h"
#include "core/train/ranked.h"
#include "core/train/trainer.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace luthier::train {

namespace {

using Clock = std::chrono::steady_clock;

// What state there is, so that others can make room for it.
std::string shapesOf(const std::vector<nn::NamedTensor>& tensors)
{
    Json all = Json::array();
    for (const nn::NamedTensor& named : tensors) {
        all.push_back({{"name", named.name}, {"sizes", named.tensor.sizes().vec()}, {"type", static_cast<int>(named.tensor.scalar_type())}});
    }
    return base::dumpJson(all);
}

std::vector<nn::NamedTensor> roomFor(const std::string& shapes)
{
    std::vector<nn::NamedTensor> tensors;
    const auto all = base::parseJson(shapes);
    for (const Json& one : *all) {
        const auto sizes = one["sizes"].get<std::vector<std::int64_t>>();
        tensors.push_back({one["name"].get<std::string>(), at::empty(sizes, static_cast<at::ScalarType>(one["type"].get<int>()))});
    }
    return tensors;
}

} // namespace

void Trainer::shareState()
{
    if (!m_inputs.team) {
        return;
    }
    ranks::Team& team = *m_inputs.team;
    team.says("sharing what was trained");
    // Adding zeros keeps each number: only rank 0 has any.
    const bool own = team.leads();
    const auto numbers = team.sums({own ? static_cast<double>(m_step) : 0, own ? static_cast<double>(m_next.epoch) : 0,
                                    own ? static_cast<double>(m_next.step) : 0, own ? m_secondsBefore : 0});
    for (const nn::NamedTensor& leaf : m_parts.leaves) {
        team.spread(leaf.tensor);
    }
    m_step = m_firstStep = static_cast<std::int64_t>(numbers[0]);
    m_next = {static_cast<std::int64_t>(numbers[1]), static_cast<std::int64_t>(numbers[2])};
    m_secondsBefore = numbers[3];
    if (m_step == 0) {
        return;
    }
    auto state = own ? m_parts.optimizer->state() : std::vector<nn::NamedTensor>();
    const std::string shapes = team.fromFirst(own ? shapesOf(state) : std::string());
    state = own ? std::move(state) : roomFor(shapes);
    for (const nn::NamedTensor& named : state) {
        team.spread(named.tensor);
    }
    if (own) {
        return;
    }
    if (auto restored = m_parts.optimizer->restore(state); !restored) {
        throw ranks::Broken("Rank " + std::to_string(team.rank()) + " cannot take over what the optimizer holds: " + restored.message());
    }
}

bool Trainer::isToStop()
{
    const bool own = m_control.stopRequested();
    if (!m_inputs.team) {
        return own;
    }
    ranks::Team& team = *m_inputs.team;
    team.says("step " + std::to_string(m_step + 1));
    m_stepBegan = Clock::now();
    static_cast<void>(team.takeWaited()); // what was waited for before is no step's
    return team.sums({own ? 1.0 : 0.0}).front() > 0;
}

// The totals become those of all ranks, and the rate rank 0's. Without items where one of them has stopped.
void Trainer::agreeOn(StepBatches& batches, double& rate)
{
    if (!m_inputs.team) {
        return;
    }
    m_ownTokens = batches.tokens;
    const auto count = [](std::int64_t number) { return static_cast<double>(number); };
    const auto all = m_inputs.team->sums({count(batches.tokens), count(batches.trained), count(batches.items), count(batches.firsts),
                                          leads(m_inputs) ? rate : 0});
    batches.tokens = static_cast<std::int64_t>(all[0]);
    batches.trained = static_cast<std::int64_t>(all[1]);
    batches.items = static_cast<std::int64_t>(all[2]);
    batches.firsts = static_cast<std::int64_t>(all[3]);
    rate = all[4];
}

// What the ranks waited for each other in this step, and whom for.
void Trainer::addRankMeasures(StepDone& done)
{
    if (!m_inputs.team) {
        return;
    }
    ranks::Team& team = *m_inputs.team;
    const double seconds = std::max(1e-9, std::chrono::duration<double>(Clock::now() - m_stepBegan).count());
    const double waited = team.takeWaited();
    const double working = std::max(1e-9, seconds - waited);
    const auto all = team.all({waited / seconds, static_cast<double>(m_ownTokens) / working, static_cast<double>(peakMemory(m_parts.placement.device))});
    const auto least = [&](std::size_t place) {
        return (*std::min_element(all.begin(), all.end(), [place](const auto& a, const auto& b) { return a[place] < b[place]; }))[place];
    };
    const auto most = [&](std::size_t place) {
        return (*std::max_element(all.begin(), all.end(), [place](const auto& a, const auto& b) { return a[place] < b[place]; }))[place];
    };
    measures::set(done.measures, measures::measureOf("wait_share"), least(0));
    measures::set(done.measures, measures::measureOf("slowest_rank_wait"), most(0));
    measures::set(done.measures, measures::measureOf("rank_tokens_per_second"), least(1));
    measures::set(done.measures, measures::measureOf("rank_memory_bytes"), most(2));
}

// Another rank failed, or is gone. On a processor what this one holds is whole; on a card sums may have been cut short.
RunEnded Trainer::brokenOff(const std::string& sentence)
{
    if (!m_parts.placement.device.is_cpu()) {
        return ended(Outcome::Failed, sentence + (m_saved && leads(m_inputs) ? " " + standing() : std::string()));
    }
    return ended(Outcome::Failed, sentence + rescue());
}

} // namespace luthier::train
