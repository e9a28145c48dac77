// SPDX-License-Identifier: GPL-3.0-or-later
// The loss of every target, -ln p(target), added up: what sft and pretrain minimise. Internal to core: names torch types.
#pragma once

#include "core/objectives/loss.h"

namespace luthier::objectives {

LossValue tokenLoss(const LossInput& input);
LossValue exactTokenLoss(const LossInput& input); // added up in double precision, no gradient

} // namespace luthier::objectives
