// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of AdamW, in whatever number of bits its state is.
#pragma once

#include "core/fields/sections.h"

namespace luthier::optim {

struct AdamWSettings {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
};

const fields::Section& adamwSection();

} // namespace luthier::optim
