// SPDX-License-Identifier: GPL-3.0-or-later
// Brushes of ThemeStyle: how its boxes, buttons and bars look, in the colours of the scheme in force.
// Only for the theme's own files.
// Threads: GUI thread.
#pragma once

#include <QStyle>

class QBrush;
class QPainter;
class QStyleOptionProgressBar;
class QStyleOptionSpinBox;

namespace luthier::ui {

QColor blend(const QColor& ground, const QColor& over, double share); // share of `over`, 0 to 1; opaque
bool isPrimary(const QWidget* widget); // has the property that fills it with the accent

void drawBox(QPainter* painter, const QRect& rect, const QBrush& fill, const QColor& border, double width = 1);
void drawButton(QPainter* painter, const QStyleOption& option, const QWidget* widget);
void drawSpinBox(QPainter* painter, const QStyleOptionSpinBox& option, const QStyle& style, const QWidget* widget);
void drawCheckBox(QPainter* painter, const QStyleOption& option);
void drawBar(QPainter* painter, const QRect& rect, const QBrush& fill);
void drawProgress(QPainter* painter, const QStyleOptionProgressBar& bar);
void drawProgressText(QPainter* painter, const QStyleOptionProgressBar& bar);
void drawScrollSlider(QPainter* painter, const QRect& rect, bool isHeld);

} // namespace luthier::ui
