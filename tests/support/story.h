// SPDX-License-Identifier: GPL-3.0-or-later
// Story: a made-up run with everything a run can say, so that pages have something to show without training.
#pragma once

#include "core/store/project.h"

#include <cmath>
#include <string>
#include <vector>

namespace luthier::support {

// `withMore`: also evaluated on a second set, and with a measure that no table knows.
inline std::vector<train::Event> storyOfARun(std::int64_t numSteps, double speed, const std::string& result, bool withMore = false)
{
    std::vector<train::Event> events;
    train::RunStarted started;
    started.totalSteps = numSteps;
    started.trainRows = 996;
    started.heldOutRows = 111;
    started.device = "cpu, 2 threads";
    started.dtype = "fp32";
    events.push_back(started);
    const std::int64_t evalEvery = numSteps / 10;
    for (std::int64_t step = 0; step <= numSteps; ++step) {
        const auto at = static_cast<double>(step);
        if (step > 0) {
            train::StepDone done;
            done.step = step;
            done.loss = 0.9 + 2.2 * std::exp(-at * speed) + 0.12 * std::sin(at * 12.9898) * std::cos(at * 3.7);
            done.learningRate = 2e-4 * std::min(at / 30, 1 - at / static_cast<double>(numSteps));
            done.gradNorm = 1 + 0.4 * std::sin(at * 3.1) * std::cos(at * 0.7);
            done.tokensPerSecond = 1480 + 60 * std::sin(at);
            if (withMore) {
                done.measures = {{&measures::measureOf("made_accuracy"), 0.8 - 0.5 * std::exp(-at * speed) + 0.05 * std::sin(at * 5.3)}};
            }
            events.push_back(done);
        }
        if (step % evalEvery == 0) {
            events.push_back(train::EvalDone{step, "held_out", 1.1 + 2.1 * std::exp(-at * speed * 0.9), 5200, {}});
            if (withMore) {
                events.push_back(train::EvalDone{step, "general", 2.4 + 0.4 * at / static_cast<double>(numSteps), 9000,
                                                 {{&measures::measureOf("made_accuracy"), 0.6 - 0.1 * at / static_cast<double>(numSteps)}}});
            }
            events.push_back(train::SampleDone{step, "Why do we oil the bench?",
                                               step == 0 ? "The bench is in the workshop. It is brown."
                                                         : "In short: to keep the wood.\nBecause dry wood cracks.\n\u2014 Wren, at the workshop"});
        }
        if (step == numSteps / 3) {
            events.push_back(train::Warning{step, "The gradient norm doubled within ten steps."});
        }
    }
    events.push_back(train::RunEnded{train::Outcome::Finished, "", 184.2, result, numSteps});
    return events;
}

} // namespace luthier::support
