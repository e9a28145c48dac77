// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/icons.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

// Resources of a static library are there only for who asks; the macro must stand outside namespaces.
static void takeResources()
{
    Q_INIT_RESOURCE(luthier);
}

namespace luthier::ui {
namespace {

class TintedEngine : public QIconEngine {
public:
    TintedEngine(QByteArray drawing, Token tint) : m_drawing(std::move(drawing)), m_tint(tint) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        QByteArray tinted = m_drawing;
        const QColor ink = color(mode == QIcon::Disabled ? Token::Line : m_tint);
        tinted.replace("currentColor", ink.name().toLatin1());
        QSvgRenderer(tinted).render(painter, rect);
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap drawn(size);
        drawn.fill(Qt::transparent);
        QPainter painter(&drawn);
        paint(&painter, QRect(QPoint(0, 0), size), mode, state);
        return drawn;
    }

    QIconEngine* clone() const override { return new TintedEngine(*this); }

private:
    QByteArray m_drawing;
    Token m_tint;
};

} // namespace

QIcon icon(const QString& name, Token tint)
{
    [[maybe_unused]] static const bool taken = (takeResources(), true);
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly)) {
        qWarning("no icon %s", qPrintable(name));
        return {};
    }
    return QIcon(new TintedEngine(file.readAll(), tint));
}

int iconSize()
{
    return space(4);
}

} // namespace luthier::ui
