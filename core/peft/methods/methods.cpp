// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/methods/method.h"

#include <algorithm>
#include <array>

namespace luthier::peft {

Method loraMethod();       // lora.cpp
Method qloraMethod();      // lora.cpp
Method fullMethod();       // full.cpp
Method ia3Method();        // ia3.cpp
Method bottleneckMethod(); // bottleneck.cpp
Method prefixMethod();     // prefix.cpp
Method promptMethod();     // prompt.cpp

std::span<const Method> methods()
{
    static const std::array<Method, 7> table{loraMethod(),       qloraMethod(),  fullMethod(),  ia3Method(),
                                             bottleneckMethod(), prefixMethod(), promptMethod()};
    return table;
}

const Method* findMethod(std::string_view id)
{
    const auto all = methods();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Method& m) { return m.id == id; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace luthier::peft
