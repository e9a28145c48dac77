// SPDX-License-Identifier: GPL-3.0-or-later
// windowSentence: core's sentences as the window says them. Core speaks to both, and where it names a command or a flag that
// helps ("; luthier adapters lists them", "(--map ...)"), that part means nothing to a person in the window.
//
// Threads: any.
#pragma once

#include <QString>

namespace luthier::ui {

QString windowSentence(const QString& sentence);

} // namespace luthier::ui
