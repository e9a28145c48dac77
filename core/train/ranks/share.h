// SPDX-License-Identifier: GPL-3.0-or-later
// Share: which part of a step's work is this process's.
#pragma once

namespace luthier::train {

struct Share {
    int rank = 0;
    int ranks = 1;
};

} // namespace luthier::train
