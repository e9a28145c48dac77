// SPDX-License-Identifier: GPL-3.0-or-later
// paintFocusRing: the ring of who has the keys, around a widget that paints itself. Nothing where it has them not.
// Call it last in paintEvent, with the painter of the widget or, of a scroll area, of its viewport.
//
// Threads: GUI thread.
#pragma once

class QPainter;
class QWidget;

namespace luthier::ui {

void paintFocusRing(QPainter& painter, const QWidget& widget);

} // namespace luthier::ui
