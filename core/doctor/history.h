// SPDX-License-Identifier: GPL-3.0-or-later
// History: what a run has said of itself so far, as far as findings look back: its start, the first and the last steps, every
// evaluation. Bounded, however long a run is, so that a finding costs the same at any step.
#pragma once

#include "core/measures/measure.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <vector>

namespace luthier::doctor {

struct Start {
    std::int64_t totalSteps = 0;
    std::int64_t trainRows = 0;
    std::int64_t truncatedRows = 0;
    std::int64_t skippedRows = 0;
    std::int64_t firstStep = 0; // > 0: resumed after that step
};

struct Step {
    std::int64_t step = 0; // from 1
    double loss = 0;
    double gradNorm = 0; // before clipping
    double learningRate = 0;
    double tokensPerSecond = 0;
    measures::Values measures = {};

    bool isFinite() const;
};

struct Evaluation {
    std::int64_t step = 0; // 0: before the first step
    std::string set;
    std::optional<double> loss;
    measures::Values measures = {};
};

struct End {
    bool isFinished = false;           // to its last step
    std::optional<bool> moved = {};    // whether any trained number differs from the start; none: not looked at
    std::int64_t step = 0;
};

class History {
public:
    static constexpr std::size_t kFirst = 64;  // steps kept of the beginning
    static constexpr std::size_t kLast = 256;  // and of the end

    void take(const Start& start);
    void take(Step step);
    void take(Evaluation evaluation) { m_evaluations.push_back(std::move(evaluation)); }
    void take(const End& end) { m_end = end; }

    const std::optional<Start>& start() const { return m_start; }
    const std::vector<Step>& first() const { return m_first; } // of this sitting
    const std::deque<Step>& last() const { return m_last; }    // the newest at the end; those of first() may be among them
    const std::vector<Evaluation>& evaluations() const { return m_evaluations; }
    const std::optional<End>& end() const { return m_end; }

    std::int64_t step() const; // of the newest step; 0: none yet
    std::int64_t steps() const { return m_steps; }

    // Of a set, in the order they were made; evaluations without a finite loss are left out.
    std::vector<Evaluation> of(std::string_view set) const;
    // The newest `count` steps, until the next is taken; fewer where there are fewer.
    std::ranges::subrange<std::deque<Step>::const_iterator> newest(std::size_t count) const;

private:
    std::optional<Start> m_start;
    std::vector<Step> m_first;
    std::deque<Step> m_last;
    std::int64_t m_steps = 0;
    std::vector<Evaluation> m_evaluations;
    std::optional<End> m_end;
};

// Of finite numbers; NaN where there are none.
double mean(std::span<const double> values);
double median(std::vector<double> values);

} // namespace luthier::doctor
