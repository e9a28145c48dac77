// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/methods/virtual_tokens.h"

#include "core/peft/methods/method.h"

namespace luthier::peft {

const fields::Section& virtualTokensSection()
{
    static const auto section = fields::section<MethodSettings, VirtualTokens>({
        fields::field<&VirtualTokens::count>("num_virtual_tokens", "Virtual tokens",
            "How many trained tokens stand before the text. 1 to 4096, usually 20.", {.low = 1, .high = 4096}, {.unit = "tokens"}),
    });
    return section;
}

} // namespace luthier::peft
