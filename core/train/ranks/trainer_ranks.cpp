// SPDX-License-Identifier: GPL-3.0-or-later
// What a Trainer that is one of several ranks does beside its steps.
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/measures/rank_measures.h"
#include "core/ranks/team.h"
#include "core/train/bench/bench_probe.h"
#include "core/train/ranks/ranked.h"
#include "core/train/ranks/split_optimizer.h"
#include "core/train/run_room.h"
#include "core/train/trainer.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <random>
#include <thread>

namespace luthier::train {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::int64_t kLookedAt = 30; // steps, before it is said who drags
constexpr double kDrags = 1.5;

// What state there is, so that others can make room for it, one tensor after the other.
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
        tensors.push_back({one["name"].get<std::string>(), at::empty(sizes, at::TensorOptions(at::kMeta).dtype(static_cast<at::ScalarType>(one["type"].get<int>())))});
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
    if (m_parts.split) {
        agreeOnFolder();
    }
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
    for (nn::NamedTensor& named : state) {
        named.tensor = own ? named.tensor : at::empty(named.tensor.sizes(), named.tensor.options().device(at::kCPU));
        team.spread(named.tensor);
        named = !own && m_parts.split ? m_parts.split->partOf(named) : named;
    }
    const auto restored = own ? Result<void>() : m_parts.optimizer->restore(state);
    releaseState();
    if (restored && m_parts.split) {
        m_parts.split->shareLeaves();
    }
    if (!restored) {
        throw ranks::Broken("Rank " + std::to_string(team.rank()) + " cannot take over what the optimizer holds: " + restored.message());
    }
}

// Whether all ranks see the run's folder: then each saves what it holds.
void Trainer::agreeOnFolder()
{
    ranks::Team& team = *m_inputs.team;
    const std::string own = base::sha256(std::to_string(std::random_device()()) + " " + std::to_string(Clock::now().time_since_epoch().count())).substr(0, 16);
    const auto fileOf = [this](const std::string& mark) { return m_inputs.folder / (".seen-" + mark); };
    const bool wrote = team.leads() && base::writeFileAtomically(fileOf(own), own).ok();
    const std::string mark = team.fromFirst(own);
    std::error_code code;
    const double seen = team.sums({(team.leads() ? wrote : std::filesystem::exists(fileOf(mark), code)) ? 1.0 : 0.0}).front();
    if (team.leads()) {
        std::filesystem::remove(fileOf(mark), code);
    }
    const bool allSee = static_cast<int>(seen) == team.size();
    m_rankParts = {allSee ? mark : std::string(), team.rank(), team.size()};
    if (!allSee) {
        m_parts.warnings.push_back("Not all ranks see " + m_inputs.folder.string() + ", so each checkpoint is brought together in the memory of rank 0's machine first. A common folder spares that.");
    }
}

// What ranks split, where a checkpoint needs it: each but the first saves its own part, or all of it comes to rank 0. All ranks come here after
// the same step.
void Trainer::handInState()
{
    if (!m_parts.split || m_step == m_firstStep) {
        return;
    }
    if (m_rankParts.mark.empty()) {
        says("bringing together what the optimizers hold");
        m_parts.split->gather();
        return;
    }
    if (leads(m_inputs) || m_saved == m_step) {
        return;
    }
    says("saving its part of what the optimizers hold");
    const auto saved = m_saving.run({"a part of the checkpoint of step " + std::to_string(m_step), standing(), roomOf(m_parts).checkpoint, m_step, [this] {
                                         auto done = savePart();
                                         if (!done) {
                                             says("saving its part of what the optimizers hold, which fails (" + done.message() + "),");
                                         }
                                         return done;
                                     }});
    if (!saved) {
        throw std::runtime_error("its part of the checkpoint could not be saved: " + saved.message());
    }
}

Result<void> Trainer::savePart()
{
    const auto done = m_saved == m_step ? Result<void>() : train::savePart(m_inputs.folder, m_step, m_rankParts, m_parts.split->ownPieces());
    m_saved = done ? std::optional(m_step) : m_saved;
    return done;
}

// Rank 0, with its own part saved. Who fails may still save its part, which takes less than two seconds or is not to be waited for.
void Trainer::awaitParts(const std::vector<std::int64_t>& missing, Clock::time_point begun)
{
    constexpr auto kLook = std::chrono::milliseconds(10);
    constexpr auto kGoes = std::chrono::seconds(2);
    constexpr auto kTold = std::chrono::seconds(30);
    const auto broken = m_inputs.team->brokenBy();
    if (broken && !m_brokenSince) {
        m_brokenSince = Clock::now();
    }
    if (broken && Clock::now() - *m_brokenSince > kGoes) {
        throw ranks::Broken(*broken);
    }
    if (Clock::now() - begun > kTold && !m_toldWhoIsMissing) {
        m_toldWhoIsMissing = true;
        std::string who;
        for (const std::int64_t rank : missing) {
            who += (who.empty() ? "" : ", ") + std::to_string(rank);
        }
        warn("Waiting for the parts of rank " + who + " to save the checkpoint of step " + std::to_string(m_step) + ".");
    }
    std::this_thread::sleep_for(kLook);
}

void Trainer::releaseState()
{
    if (m_parts.split) {
        m_parts.split->release();
    }
}

// To the other ranks, who may wait for this one.
void Trainer::says(const std::string& doing)
{
    if (m_inputs.team) {
        m_inputs.team->says(doing);
    }
}

// What rank 0 decides, for all.
bool Trainer::evaluatesNow(bool own)
{
    if (!m_inputs.team) {
        return own;
    }
    m_inputs.team->says("evaluating");
    return m_inputs.team->sums({leads(m_inputs) && own ? 1.0 : 0.0}).front() > 0;
}

bool Trainer::isToStop()
{
    double stop = m_control.stopRequested() ? 1 : 0;
    double over = m_early.isOver() ? 1 : 0;
    if (m_inputs.team) {
        ranks::Team& team = *m_inputs.team;
        team.says("step " + std::to_string(m_step + 1));
        m_stepBegan = Clock::now();
        static_cast<void>(team.takeWaited()); // what was waited for before is no step's
        const auto all = team.sums({stop, over});
        stop = all[0];
        over = all[1];
    }
    m_isOver = over > 0 && stop == 0;
    return over > 0 || stop > 0;
}

// The totals become those of all ranks, and the rate rank 0's. Without items where one of them has stopped.
void Trainer::agreeOn(StepBatches& batches, double& rate)
{
    if (!m_inputs.team) {
        return;
    }
    m_ownTokens = batches.tokens;
    const auto count = [](std::int64_t number) { return static_cast<double>(number); };
    std::vector<double> own{count(batches.tokens), count(batches.trained), count(batches.items), count(batches.firsts), leads(m_inputs) ? rate : 0, batches.weight};
    const std::size_t shared = own.size();
    own.resize(shared + static_cast<std::size_t>(m_inputs.team->size())); // each rank's passes in a place of its own
    own[shared + static_cast<std::size_t>(m_inputs.team->rank())] = static_cast<double>(batches.batches.size());
    const auto all = m_inputs.team->sums(std::move(own));
    batches.tokens = static_cast<std::int64_t>(all[0]);
    batches.trained = static_cast<std::int64_t>(all[1]);
    batches.items = static_cast<std::int64_t>(all[2]);
    batches.firsts = static_cast<std::int64_t>(all[3]);
    rate = all[4];
    batches.weight = all[5];
    batches.passes = static_cast<std::int64_t>(*std::max_element(all.begin() + static_cast<std::ptrdiff_t>(shared), all.end()));
}

// What the ranks waited for each other in this step, and whom for. A card tells of the step before. What a rank had to do to go on in it, its
// notice, rank 0 says.
void Trainer::addRankMeasures(StepDone& done, const std::string& notice)
{
    if (!m_inputs.team) {
        return;
    }
    ranks::Team& team = *m_inputs.team;
    double waiting = team.takeWaited();
    double working = std::max(1e-9, std::chrono::duration<double>(Clock::now() - m_stepBegan).count() - waiting);
    if (const auto timing = m_trainStep.rankTiming()) {
        waiting = timing->waiting;
        working = std::max(1e-9, timing->working);
    }
    const auto all = team.all({waiting / (waiting + working), static_cast<double>(m_ownTokens) / working, static_cast<double>(peakMemory(m_parts.placement.device)), working,
                               notice.empty() ? 0.0 : 1.0});
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
    constexpr double kGigabyte = 1e9; // as files and memory are told everywhere else
    for (std::size_t rank = 0; all.size() <= measures::kRanksTold && rank < all.size(); ++rank) {
        const int number = static_cast<int>(rank);
        measures::set(done.measures, measures::ofRank("rank_speed", number), all[rank][1]);
        measures::set(done.measures, measures::ofRank("rank_memory_gb", number), all[rank][2] / kGigabyte);
        measures::set(done.measures, measures::ofRank("rank_wait", number), all[rank][0]);
    }
    if (most(4) > 0) {
        const auto notices = team.texts(notice);
        for (std::size_t rank = 1; rank < notices.size() && team.leads(); ++rank) {
            if (!notices[rank].empty()) {
                warn("Rank " + std::to_string(rank) + ": " + notices[rank]);
            }
        }
    }
    m_ranksAtWork.resize(all.size());
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
        m_ranksAtWork[rank].first += all[rank][1] > 0 ? all[rank][3] : 0;
        m_ranksAtWork[rank].second += all[rank][1] * all[rank][3]; // tokens
    }
    if (m_step - m_firstStep == kLookedAt) {
        sayWhoDrags();
    }
}

// Over the first steps, by the time each took for its tokens: one that is slower by much holds up every step.
void Trainer::sayWhoDrags()
{
    std::vector<double> perToken;
    for (const auto& [seconds, tokens] : m_ranksAtWork) {
        perToken.push_back(tokens > 0 ? seconds / tokens : 0);
    }
    const auto slowest = std::max_element(perToken.begin(), perToken.end());
    std::vector<double> others(perToken.begin(), perToken.end());
    others.erase(others.begin() + (slowest - perToken.begin()));
    std::nth_element(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(others.size() / 2), others.end());
    const double usual = others[others.size() / 2];
    if (usual > 0 && *slowest > kDrags * usual) {
        const auto tenths = static_cast<std::int64_t>(*slowest / usual * 10);
        warn("Rank " + std::to_string(slowest - perToken.begin()) + " takes " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10)
             + " times as long for its tokens as the others, and every step waits for it. Something else may use its device; without it the run may be faster.");
    }
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
