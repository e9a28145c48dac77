// SPDX-License-Identifier: GPL-3.0-or-later
// Amounts: counts, bytes and times as a person reads them, in the language of the window.
//
// Threads: any.
#pragma once

#include <QString>

#include <cstdint>

namespace luthier::ui {

QString number(std::int64_t count);   // "12,345"
QString shortCount(double count);     // "1.2 M"
QString byteText(std::int64_t bytes); // "48.5 MB": memory and files in one unit, powers of ten, so that they can be compared
QString fileSize(double bytes);       // the same of what is no whole number
QString duration(double seconds);     // "3 min 20 s", "85 ms"
QString timeLeft(double seconds);     // "3 min left"; empty while not known (negative or not finite)

} // namespace luthier::ui
