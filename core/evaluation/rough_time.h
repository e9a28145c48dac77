// SPDX-License-Identifier: GPL-3.0-or-later
// RoughTime: about how long an evaluation takes on this machine's processor, before anything is loaded: from the sizes of the models and
// of the texts, by what such processors reach. A factor of three off is usual; the first answers say it better.
//
// Threads: free functions, any thread.
#pragma once

#include "core/evaluation/request.h"

namespace luthier::evaluation {

// Whether a card is likely to answer: by its name, or on "auto" where the machine has one.
bool mayBeCard(const std::string& device);

// Negative: not known (a card answers, or a model's files cannot be read).
double roughSeconds(const EvalRequest& request, const EvalSets& sets, const AnsweringSettings& settings);

} // namespace luthier::evaluation
