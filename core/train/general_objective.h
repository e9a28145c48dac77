// SPDX-License-Identifier: GPL-3.0-or-later
// GeneralObjective: what general data is encoded and measured by. Torch-free.
#pragma once

#include "core/objectives/objectives.h"

namespace luthier::train {

// By the loss of tokens, whatever the run learns by: what was forgotten is how likely such answers still are. The run's own where that is
// one of tokens.
inline const objectives::Objective& generalObjective(const objectives::Objective& ofRun)
{
    const bool isOfTokens = ofRun.id == "sft" || ofRun.id == "pretrain";
    return isOfTokens ? ofRun : *objectives::findObjective("sft");
}

} // namespace luthier::train
