// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/conversation/role_colors.h"

#include "ui/theme/theme.h"

#include <array>

namespace luthier::ui {

QColor roleColor(const QString& role)
{
    struct Row {
        QLatin1String role;
        Token token;
    };
    static constexpr std::array rows{
        Row{QLatin1String("system"), Token::System}, Row{QLatin1String("user"), Token::User},
        Row{QLatin1String("assistant"), Token::Assistant}, Row{QLatin1String("tool"), Token::Tool},
        Row{QLatin1String("chosen"), Token::Good}, Row{QLatin1String("rejected"), Token::Bad},
    };
    for (const Row& row : rows) {
        if (role == row.role) {
            return color(row.token);
        }
    }
    return color(Token::TextQuiet);
}

QColor maskColor(MaskRole role)
{
    static constexpr std::array of{Token::Trained, Token::Context, Token::Special};
    return color(of[static_cast<std::size_t>(role)]);
}

QColor quietTextColor() { return color(Token::TextQuiet); }
QColor warningColor() { return color(Token::Warn); }
QColor errorColor() { return color(Token::Bad); }
QColor goodColor() { return color(Token::Good); }
QColor differenceColor() { return color(Token::Accent); }

QColor mixed(const QColor& ground, const QColor& color, double share)
{
    const auto mix = [share](int low, int high) { return static_cast<int>(low + (high - low) * share); };
    return QColor(mix(ground.red(), color.red()), mix(ground.green(), color.green()), mix(ground.blue(), color.blue()));
}

} // namespace luthier::ui
