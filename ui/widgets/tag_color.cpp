// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/tag_color.h"

#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QPainter>
#include <QPixmap>

namespace luthier::ui {

QColor tagColor(const QString& tag)
{
    unsigned sum = 0; // the same on every machine and day, which qHash is not
    for (const QChar c : tag) {
        sum = sum * 31 + c.unicode();
    }
    return seriesColor(static_cast<int>(sum % kNumSeries));
}

QIcon tagIcon(const QString& tag)
{
    QPixmap dot(iconSize(), iconSize());
    dot.fill(Qt::transparent);
    QPainter painter(&dot);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(tagColor(tag));
    const int inset = iconSize() / 4;
    painter.drawEllipse(dot.rect().adjusted(inset, inset, -inset, -inset));
    return QIcon(dot);
}

} // namespace luthier::ui
