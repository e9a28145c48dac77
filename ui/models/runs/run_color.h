// SPDX-License-Identifier: GPL-3.0-or-later
// runColor: the colour of a run, the same wherever it is shown: hues a golden angle apart, so that neighbours differ most; and
// small pictures of it.
//
// Threads: GUI thread.
#pragma once

#include <QColor>
#include <QPixmap>

#include <cstdint>
#include <vector>

namespace luthier::ui {

QColor runColor(std::int64_t run);
QPixmap runSwatch(std::int64_t run);
// A curve without axes, its values from left to right; what is not finite is left out.
QPixmap sparkline(std::int64_t run, const std::vector<double>& values);
// At most so many values that stand for all, the first and the last among them.
std::vector<double> thinned(const std::vector<double>& values, std::size_t most);

} // namespace luthier::ui
