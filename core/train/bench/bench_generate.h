// SPDX-License-Identifier: GPL-3.0-or-later
// benchGenerate: tokens a second of answers with a cache, one or many at once, beside how fast this machine copies memory,
// which is what bounds few of them: every token of every answer that is made at once reads the weights once. Torch-free.
// Random weights, greedy choice.
//
// Threads: blocks the calling thread.
#pragma once

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/nn/families/decoder_config.h"
#include "core/train/bench/bench_profile.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::train {

struct GenerateBenchSettings {
    nn::DecoderConfig model;
    std::int64_t prompt = 128; // tokens that are there already
    std::int64_t tokens = 128; // measured, of each answer
    std::string device = "auto";
    std::string dtype = "auto";
    base::CancelToken cancel;  // gives the error "cancelled"
    std::int64_t batch = 1;    // answers at once
    std::string quantization = "none"; // of the projections: none, nf4, fp4
    // The folder of a tokenizer: the answers are also given as a run over its own answers gives them, drawn at temperature 1 through a
    // LoRA of rank 16 on all projections, as texts of that vocabulary. Empty: they are not.
    std::string rollouts = {};
    bool profile = false;      // the card's kernels of a token of one answer as well
};

struct GenerateBenchResult {
    double tokensPerSecond = 0; // of all answers together; of many, with the time that reading their prompts took
    double stepsAlone = 0;      // of many: tokens a second without that time
    double rolloutsPerSecond = 0; // tokens of drawn answers, where they were asked for; with the time that reading their prompts took
    double bytesPerToken = 0;   // weights, and the cache at its mean length; of many, an answer's share
    double copyRate = 0;        // bytes/s read and written by a large copy in the same run; on the CPU the mean of one before and one behind it
    double share = 0;           // tokensPerSecond * bytesPerToken / copyRate
    std::int64_t peakBytes = 0;
    std::string device;
    std::string dtype;
    std::vector<KernelTime> kernels; // of a token, where they were asked for
    double secondsPerToken = 0;      // of one answer
};

Result<GenerateBenchResult> benchGenerate(const GenerateBenchSettings& settings);

} // namespace luthier::train
