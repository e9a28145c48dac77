// SPDX-License-Identifier: GPL-3.0-or-later
// TryPrompt: what prompting reaches before anything is trained: the base, and the base with a system text and some of the
// person's own rows, answer the rows that a run would hold out. The examples are none of those rows. Torch-free.
//
// Threads: blocks, any thread.
#pragma once

#include "core/config/run_config.h"
#include "core/evaluation/evaluate.h"
#include "core/train/plan/run_rows.h"

#include <cstdint>
#include <string>
#include <vector>

namespace luthier::advice {

struct PromptTrial {
    std::string system;                // before each question; empty: none
    std::int64_t shots = 4;            // rows shown before each question
    std::int64_t rows = 24;            // held-out rows that are answered, evenly over them
    std::int64_t maxNew = 96;          // tokens of an answer
    std::vector<std::string> measures; // ids of metrics, the first decides
};

// Errors: those of the run's plan; no row is held out; of the model; "cancelled".
Result<evaluation::Evaluation> tryPrompting(const config::RunConfig& config, const train::RunRows& rows, const PromptTrial& trial,
                                            const evaluation::EvalTold& told, const base::CancelToken& cancel);

} // namespace luthier::advice
