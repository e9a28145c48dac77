// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ranks/launcher.h"

#include <ATen/Context.h>

namespace luthier::ranks {

int numCards()
{
    return at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
}

} // namespace luthier::ranks
