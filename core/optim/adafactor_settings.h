// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of Adafactor.
#pragma once

namespace luthier::optim {

struct AdafactorSettings {
    double clipThreshold = 1;
    double decayPower = 0.8;
    bool scaleByWeights = false;
};

} // namespace luthier::optim
