// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme.h"

#include "ui/theme/theme_style.h"

#include <QApplication>
#include <QEvent>
#include <QFontDatabase>
#include <QFontMetrics>

#include <algorithm>
#include <array>
#include <cmath>

namespace luthier::ui {
namespace {

constexpr std::array kTokens{
    TokenRow{Token::Window, "window", 0xfff3f3f1, 0xff1b1c1e, TokenUse::Ground},
    TokenRow{Token::Surface, "surface", 0xffffffff, 0xff232528, TokenUse::Ground},
    TokenRow{Token::Raised, "raised", 0xffe9e9e6, 0xff2e3135, TokenUse::Ground},
    TokenRow{Token::Line, "line", 0xff83837e, 0xff7a8087, TokenUse::Graphic},
    TokenRow{Token::Text, "text", 0xff1d1f21, 0xffe6e6e3, TokenUse::Text},
    TokenRow{Token::TextQuiet, "text-quiet", 0xff5a5e63, 0xffa9aeb4, TokenUse::Text},
    TokenRow{Token::Accent, "accent", 0xff1c6b57, 0xff6cc3a6, TokenUse::Text},
    TokenRow{Token::AccentText, "accent-text", 0xffffffff, 0xff10231d, TokenUse::Ground},
    TokenRow{Token::AccentSoft, "accent-soft", 0xffd9ebe4, 0xff24423a, TokenUse::Ground},
    TokenRow{Token::Good, "good", 0xff1f6b3a, 0xff7ccb90, TokenUse::Text},
    TokenRow{Token::Warn, "warn", 0xff855300, 0xffe5b35c, TokenUse::Text},
    TokenRow{Token::Bad, "bad", 0xffad2b20, 0xfff0938a, TokenUse::Text},
    TokenRow{Token::System, "system", 0xff7a3f86, 0xffcf9bdc, TokenUse::Text},
    TokenRow{Token::User, "user", 0xff1f5f96, 0xff86bdee, TokenUse::Text},
    TokenRow{Token::Assistant, "assistant", 0xff1c6b57, 0xff6cc3a6, TokenUse::Text},
    TokenRow{Token::Tool, "tool", 0xff855300, 0xffe5b35c, TokenUse::Text},
    TokenRow{Token::Trained, "trained", 0xff1c6b57, 0xff6cc3a6, TokenUse::Text},
    TokenRow{Token::Context, "context", 0xff6e7378, 0xff9299a0, TokenUse::Graphic},
    TokenRow{Token::Special, "special", 0xff7a3f86, 0xffcf9bdc, TokenUse::Text},
    // Okabe and Ito's eight, darkened on light ground and lightened on dark until they keep 3:1.
    TokenRow{Token::Series1, "series-1", 0xff0072b2, 0xff56b4e9, TokenUse::Graphic}, // blue
    TokenRow{Token::Series2, "series-2", 0xffc85000, 0xffe69f00, TokenUse::Graphic}, // vermillion, orange
    TokenRow{Token::Series3, "series-3", 0xff00805c, 0xff2cc09a, TokenUse::Graphic}, // bluish green
    TokenRow{Token::Series4, "series-4", 0xffb0568a, 0xffe097c4, TokenUse::Graphic}, // reddish purple
    TokenRow{Token::Series5, "series-5", 0xff96690a, 0xfff0e442, TokenUse::Graphic}, // orange, yellow
    TokenRow{Token::Series6, "series-6", 0xff2f83b4, 0xff5f9ddf, TokenUse::Graphic}, // sky blue
    TokenRow{Token::Series7, "series-7", 0xff7a7400, 0xfff07a3c, TokenUse::Graphic}, // yellow, vermillion
    TokenRow{Token::Series8, "series-8", 0xff33363a, 0xffd5d7da, TokenUse::Graphic}, // black
};

double linear(double channel)
{
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& color)
{
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

bool isDark(const QPalette& palette)
{
    return luminance(palette.color(QPalette::Window)) < luminance(palette.color(QPalette::WindowText));
}

// The desktop's own palette shows only while the program has none of its own.
Scheme readDesktop(QApplication& app)
{
    const QPalette own = app.palette();
    app.setPalette(QPalette());
    const Scheme scheme = isDark(app.palette()) ? Scheme::Dark : Scheme::Light;
    app.setPalette(own);
    return scheme;
}

constexpr double kSmallScale = 0.88;
constexpr double kTitleScale = 1.35;

} // namespace

std::span<const TokenRow> tokens()
{
    return kTokens;
}

Scheme currentScheme()
{
    return isDark(QGuiApplication::palette()) ? Scheme::Dark : Scheme::Light;
}

QColor color(Token token, Scheme scheme)
{
    const TokenRow& row = kTokens[static_cast<std::size_t>(token)];
    return QColor::fromRgb(scheme == Scheme::Dark ? row.dark : row.light);
}

QColor color(Token token)
{
    return color(token, currentScheme());
}

QColor seriesColor(int index)
{
    return color(static_cast<Token>(static_cast<int>(Token::Series1) + index % kNumSeries));
}

double contrast(const QColor& left, const QColor& right)
{
    const double one = luminance(left);
    const double other = luminance(right);
    const auto [low, high] = std::minmax(one, other);
    return (high + 0.05) / (low + 0.05);
}

QPalette paletteOf(Scheme scheme)
{
    const auto at = [scheme](Token token) { return color(token, scheme); };
    struct Row {
        QPalette::ColorRole role;
        Token token;
    };
    static constexpr Row rows[] = {
        {QPalette::Window, Token::Window}, {QPalette::WindowText, Token::Text}, {QPalette::Base, Token::Surface},
        {QPalette::AlternateBase, Token::Window}, {QPalette::Text, Token::Text}, {QPalette::Button, Token::Surface},
        {QPalette::ButtonText, Token::Text}, {QPalette::ToolTipBase, Token::Raised}, {QPalette::ToolTipText, Token::Text},
        {QPalette::PlaceholderText, Token::TextQuiet}, {QPalette::BrightText, Token::Bad}, {QPalette::Highlight, Token::AccentSoft},
        {QPalette::HighlightedText, Token::Text}, {QPalette::Link, Token::Accent}, {QPalette::LinkVisited, Token::Special},
        {QPalette::Light, Token::Surface}, {QPalette::Midlight, Token::Raised}, {QPalette::Mid, Token::Line},
        {QPalette::Dark, Token::Line}, {QPalette::Shadow, Token::Line},
    };
    QPalette palette;
    for (const Row& row : rows) {
        palette.setColor(row.role, at(row.token));
    }
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, at(Token::Line));
    }
    palette.setColor(QPalette::Disabled, QPalette::Highlight, at(Token::Raised));
    return palette;
}

QFont textFont(TextSize size)
{
    QFont font = QGuiApplication::font();
    const double scale = size == TextSize::Small ? kSmallScale : size == TextSize::Title ? kTitleScale : 1.0;
    if (font.pointSizeF() > 0) {
        font.setPointSizeF(font.pointSizeF() * scale);
    } else {
        font.setPixelSize(static_cast<int>(std::lround(font.pixelSize() * scale)));
    }
    font.setWeight(size == TextSize::Title ? QFont::DemiBold : QFont::Normal);
    return font;
}

QFont fixedFont()
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(textFont(TextSize::Body).pointSizeF());
    return font;
}

int space(int units)
{
    return units * std::max(2, static_cast<int>(std::lround(QFontMetrics(QGuiApplication::font()).height() / 4.0)));
}

Theme::Theme(QApplication& app) : m_app(app), m_desktop(readDesktop(app))
{
    m_app.setStyle(new ThemeStyle);
    m_app.installEventFilter(this);
    apply();
}

void Theme::setChoice(Choice choice)
{
    m_choice = choice;
    apply();
}

bool Theme::eventFilter(QObject* watched, QEvent* event)
{
    // The windows are told of the desktop's new theme; one of them is enough.
    if (event->type() == QEvent::ThemeChange && m_choice == Choice::System) {
        QMetaObject::invokeMethod(this, [this] {
            if (const Scheme scheme = readDesktop(m_app); scheme != m_desktop) {
                m_desktop = scheme;
                apply();
            }
        }, Qt::QueuedConnection);
    }
    return QObject::eventFilter(watched, event);
}

void Theme::apply()
{
    const QByteArray forced = qgetenv("LUTHIER_THEME");
    Scheme scheme = m_choice == Choice::System ? m_desktop : m_choice == Choice::Dark ? Scheme::Dark : Scheme::Light;
    if (forced == "dark" || forced == "light") {
        scheme = forced == "dark" ? Scheme::Dark : Scheme::Light;
    }
    m_app.setPalette(paletteOf(scheme));
}

} // namespace luthier::ui
