// SPDX-License-Identifier: GPL-3.0-or-later
// Of a build without cards.
#include "core/ranks/nccl.h"

namespace luthier::ranks {

Result<std::unique_ptr<Nccl>> makeNccl(int, int, at::Device, const std::function<std::string(const std::string&)>&)
{
    return Error{"This build of Luthier computes on no card, so there are none to sum over"};
}

} // namespace luthier::ranks
