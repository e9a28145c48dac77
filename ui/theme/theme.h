// SPDX-License-Identifier: GPL-3.0-or-later
// Theme: every colour, size and space of the window, from one table of named tokens for light and dark.
// No colour literal stands outside theme.cpp. The scheme in force is read from the application's palette,
// so color() needs no object and painting code asks again each time; widgets that keep colours
// take QEvent::PaletteChange.
//
// Threads: GUI thread.
#pragma once

#include <QColor>
#include <QFont>
#include <QObject>
#include <QPalette>

#include <span>

class QApplication;

namespace luthier::ui {

enum class Token {
    Window, Surface, Raised, Line, Text, TextQuiet, Accent, AccentText, AccentSoft, Good, Warn, Bad,
    System, User, Assistant, Tool, // who speaks
    Trained, Context, Special,     // what a token is for
    Series1, Series2, Series3, Series4, Series5, Series6, Series7, Series8,
};
inline constexpr int kNumSeries = 8;

enum class Scheme { Light, Dark };

enum class TokenUse { Ground, Text, Graphic }; // text keeps 4.5:1 on every ground, graphics 3:1

struct TokenRow {
    Token token;
    const char* name;
    QRgb light;
    QRgb dark;
    TokenUse use;
};

std::span<const TokenRow> tokens();

Scheme currentScheme();
QColor color(Token token, Scheme scheme);
QColor color(Token token); // in the scheme in force
QColor seriesColor(int index); // wraps around after eight
QPalette paletteOf(Scheme scheme);

// WCAG 2 contrast of two opaque colours, 1 to 21.
double contrast(const QColor& left, const QColor& right);

enum class TextSize { Small, Body, Title };
QFont textFont(TextSize size);
QFont fixedFont();
int space(int units = 1); // of the four-unit grid, from the height of the font; space(2) stands between things

class Theme : public QObject {
    Q_OBJECT

public:
    enum class Choice { System, Light, Dark };

    // Installs style and palette. LUTHIER_THEME=light|dark stands over the choice. `app` must outlive it.
    explicit Theme(QApplication& app);

    Choice choice() const { return m_choice; }
    void setChoice(Choice choice);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void apply();

    QApplication& m_app;
    Choice m_choice = Choice::System;
    Scheme m_desktop = Scheme::Light;
};

} // namespace luthier::ui
