// SPDX-License-Identifier: GPL-3.0-or-later
// benchStep: how fast real optimizer steps run here, beside how fast this machine multiplies matrices in the
// same minute. Torch-free. Random weights from a DecoderConfig and random tokens; forward, loss, backward,
// clipping, AdamW.
//
// Threads: blocks the calling thread. FLOPs of a token: LoRA 4N + 3a + 6N_lora, full 6N + 3a, where N counts
// the weights of all projections and the head, and a = 2 T d_a L is causal attention's forward pass.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/config/run_config.h"
#include "core/nn/families/decoder_config.h"
#include "core/train/bench/bench_profile.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace luthier::ranks {
class Team;
}

namespace luthier::train {

struct StepBenchSettings {
    nn::DecoderConfig model;
    peft::MethodSettings method;
    std::int64_t batch = 4;   // rows, or pairs
    std::int64_t length = 512; // tokens a row
    std::int64_t steps = 8;   // measured; the median counts
    std::int64_t warmup = 4;  // before them
    std::string device = "auto";
    std::string dtype = "auto";
    base::Progress progress;  // steps
    base::CancelToken cancel; // gives the error "cancelled"
    std::string quantization = "auto"; // of the random weights: as the method asks, none, nf4, fp4
    bool activationCheckpointing = false;
    std::string paging = "auto";       // of the optimizer's state
    std::string objective = "sft";     // a pair is two rows of `length` tokens, the second half of each an answer; over answers of its own: learning from
                                       // them, policy, reference, reward model and values over one base, which draw and score such answers once before
    bool liveReference = false;        // asked at every step; else its log-probabilities are there before, as runs usually have it
    std::string optimizer = "adamw";   // with its usual settings
    std::string frozenDtype = "auto";  // fp8: frozen products in 8-bit floats
    bool profile = false;              // the card's kernels of two more steps, each with its time
    std::shared_ptr<ranks::Team> team = nullptr; // each rank takes `batch` rows of a step; null: alone
    bool isSplit = false;              // the team's ranks hold a part of the base each; of what the optimizer holds where all weights train, and then also unasked, as in runs
    bool packed = false;               // texts of mixed lengths one behind the other, as many tokens a step; each step has other texts
};

struct StepBenchResult {
    double tokensPerSecond = 0;
    double secondsPerStep = 0;     // median
    double tokensPerSecondAlone = 0; // of one rank that shares nothing while the others do the same; 0: there are none
    double waitShare = 0;          // of a step of several ranks: what it takes longer than a rank's own
    double flopsPerToken = 0;
    double matmulFlops = 0;        // FLOP/s, measured with random normal data in the same dtype
    double share = 0;              // tokensPerSecond * flopsPerToken / matmulFlops
    std::int64_t peakBytes = 0;    // process (CPU) or allocator (GPU), weights included; of several ranks the most
    std::int64_t trainableParameters = 0;
    std::int64_t totalParameters = 0;
    double loss = 0;               // of the last step: near ln(vocabulary) while nothing is learnt
    std::string device;
    std::string dtype;
    std::vector<KernelTime> kernels; // of one step, where they are asked for
    std::string notice;            // what the card made the steps do; empty: nothing
};

Result<StepBenchResult> benchStep(const StepBenchSettings& settings);

} // namespace luthier::train
