// SPDX-License-Identifier: GPL-3.0-or-later
// ExampleField: one piece of a row as the reader shows it: who speaks, what is said, and whether it can be edited.
// Threads: a value.
#pragma once

#include <QString>

namespace luthier::ui {

struct ExampleField {
    QString path;  // "output", "messages/1/content"; empty: read only
    QString label; // what stands above it: "user", "instruction"
    QString role;  // system, user, assistant, tool, text: decides the colour
    QString text;
    QString extra; // JSON of the message's other keys; empty when none
};

} // namespace luthier::ui
