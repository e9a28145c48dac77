// SPDX-License-Identifier: GPL-3.0-or-later
// What the loss of tokens is told by the run (run.label_smoothing_factor), as a section of the objective's settings.
#pragma once

namespace luthier::objectives {

struct TokenLossSettings {
    double smoothing = 0; // share of each target's weight that all tokens of the vocabulary share
};

} // namespace luthier::objectives
