// SPDX-License-Identifier: GPL-3.0-or-later
// Parser of statements: text, {{ }} and {% %} tags as transformers' environment knows them (loop controls and the
// generation tag included; no files can be included or imported).
//
// Threads: a free function. Errors: Problem with the line.
#pragma once

#include "core/text/jinja/syntax/ast.h"

#include <string_view>

namespace luthier::text::jinja {

Template parseTemplate(std::string_view source);

} // namespace luthier::text::jinja
