// SPDX-License-Identifier: GPL-3.0-or-later
// Amounts: counts, bytes and times as a person reads them, in the language of the window.
//
// Threads: any.
#pragma once

#include <QString>

#include <cstdint>

namespace luthier::ui {

QString shortCount(double count);     // "1.2 M"
QString byteText(std::int64_t bytes); // "48.5 MiB", as memory counts
QString fileSize(double bytes);       // "12.3 MB", as hubs and disks count
QString duration(double seconds);     // "3 min 20 s"
QString timeLeft(double seconds);     // "3 min left"; empty while not known (negative or not finite)

} // namespace luthier::ui
