// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the table of objectives, one function each.
#pragma once

#include "core/objectives/objectives.h"

namespace luthier::objectives {

Objective sft();            // sft.cpp
Objective pretrain();       // pretrain.cpp
Objective dpo();            // dpo.cpp
Objective orpo();           // orpo.cpp
Objective simpo();          // simpo.cpp
Objective kto();            // kto.cpp
Objective reward();         // reward.cpp
Objective classification(); // classification.cpp
Objective grpo();           // grpo.cpp
Objective rloo();           // rloo.cpp
Objective ppo();            // ppo.cpp

} // namespace luthier::objectives
