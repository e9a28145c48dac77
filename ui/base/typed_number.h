// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as people type them: a point or a comma before the decimals, whatever the language. Digits are never grouped,
// since "0,001" with a thousands comma would be 1.
//
// Threads: any.
#pragma once

#include <QString>

namespace luthier::ui {

// In the C locale, as settings write it: "0,5" is "0.5", "2e-5" stays. Empty: no number, or its digits are grouped.
QString plainNumber(const QString& typed);

// A number of the C locale with the language's own mark before its decimals, as all others of the window have it. What is no
// number stays.
QString spokenNumber(const QString& plain);

} // namespace luthier::ui
