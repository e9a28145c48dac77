// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/method.h"

#include <algorithm>
#include <array>

namespace luthier::peft {

Method loraMethod(); // lora.cpp
Method fullMethod(); // full.cpp

std::span<const Method> methods()
{
    static const std::array<Method, 2> table{loraMethod(), fullMethod()};
    return table;
}

const Method* findMethod(std::string_view id)
{
    const auto all = methods();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Method& m) { return m.id == id; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace luthier::peft
