// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of SGD.
#pragma once

namespace luthier::optim {

struct SgdSettings {
    double momentum = 0.9; // 0: none
    bool nesterov = false;
};

} // namespace luthier::optim
