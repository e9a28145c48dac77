// SPDX-License-Identifier: GPL-3.0-or-later
// Events: what a run says while it works. Plain values; no tensors, no listeners known.
// RunEnded is always the last event and always comes, also after an exception.
#pragma once

#include "core/doctor/finding.h"
#include "core/measures/measure.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace luthier::train {

struct RunStarted {
    std::int64_t totalSteps = 0;
    std::int64_t trainRows = 0;
    std::int64_t heldOutRows = 0;
    std::int64_t skippedRows = 0;    // broken, or with nothing to learn
    std::int64_t truncatedRows = 0;
    std::int64_t trainableParameters = 0;
    std::int64_t totalParameters = 0;
    std::string device;              // "cpu, 2 threads", "cuda:0 NVIDIA H200"
    std::string dtype;               // "fp32"
    std::string reason;              // why this device and precision
    std::int64_t firstStep = 0;      // > 0: resumed after that step
    std::int64_t ranks = 1;          // processes that share each step's work
};

struct StepDone {
    std::int64_t step = 0;           // from 1
    double epoch = 0;
    double loss = 0;                 // mean over trained tokens of the step, nats
    double learningRate = 0;
    double gradNorm = 0;             // before clipping
    std::int64_t tokens = 0;         // real tokens of this step, padding not counted
    std::int64_t trainedTokens = 0;
    double tokensPerSecond = 0;
    std::int64_t memoryBytes = 0;    // process (CPU) or allocator peak (GPU)
    double secondsLeft = 0;
    measures::Values measures = {};  // what this step measured beside the members above
};

struct EvalDone {                    // one set of rows; several sets are several events
    std::int64_t step = 0;           // 0: before the first step
    std::string set{measures::kHeldOutSet};
    std::optional<double> loss;      // sum of token losses / number of target tokens; none where none was computed
    std::int64_t tokens = 0;
    measures::Values measures = {};  // what was measured on the set beside the loss
};

struct SampleDone {
    std::int64_t step = 0;
    std::string prompt;
    std::string answer;
    std::optional<double> reward = {}; // where answers are judged
};

struct CheckpointSaved {
    std::int64_t step = 0;
    std::string path;
};

using doctor::Remedy;

struct Warning {
    std::int64_t step = 0;
    std::string sentence;
    std::string cause = {};          // id of a row of the run doctor (core/doctor); empty: something else
    std::vector<Remedy> remedies = {};
};

struct StageChanged { // loading, encoding, evaluating, saving...: for the status line
    std::string stage;
    std::int64_t done = 0;
    std::int64_t total = 0;
};

enum class Outcome { Finished, Stopped, Failed, Parked };
const char* toText(Outcome outcome); // "finished", "stopped", "failed", "parked"

struct Best { // where the held-out loss of a run was lowest
    std::int64_t step = 0;
    double heldOut = 0;
    std::string path;                // what was kept of it: an adapter, or a model folder
};

struct RunEnded {
    Outcome outcome = Outcome::Failed;
    std::string sentence;            // why, when failed
    double seconds = 0;              // of all sittings; of the last alone when it failed early
    std::string adapter;             // folder of the result: adapter, or whole model for full tuning; empty when none
    std::int64_t step = 0;
    std::optional<Best> best = {};   // none: nothing was held out, or no step was evaluated
};

using Event = std::variant<RunStarted, StageChanged, StepDone, EvalDone, SampleDone, CheckpointSaved, Warning, RunEnded>;

// Called on the training thread; onEvent must not block.
class RunObserver {
public:
    virtual ~RunObserver() = default;
    virtual void onEvent(const Event& event) = 0;
    // Before a checkpoint counts: who keeps events returns once all that was told is where it lasts, or was tried. A run that went on
    // from a checkpoint whose steps nobody kept would have a hole in its curves.
    virtual void settle() {}
};

} // namespace luthier::train
