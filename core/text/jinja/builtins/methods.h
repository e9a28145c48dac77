// SPDX-License-Identifier: GPL-3.0-or-later
// Methods: what can be called on strings, lists and dicts. What would change a value is not among them: the
// sandbox of transformers refuses it too.
//
// Threads: constant tables.
#pragma once

#include "core/text/jinja/engine.h"

#include <span>
#include <string_view>

namespace luthier::text::jinja {

struct MethodRow {
    std::string_view name;
    Value (*call)(Engine& engine, const Value& self, Arguments& arguments);
};

std::span<const MethodRow> stringMethods();
std::span<const MethodRow> listMethods();
std::span<const MethodRow> dictMethods();

} // namespace luthier::text::jinja
