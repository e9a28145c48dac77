// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/tokens/token_strip.h"

#include "ui/theme/focus_ring.h"
#include "ui/widgets/conversation/role_colors.h"
#include "ui/widgets/tokens/token_brush.h"

#include <QAccessible>
#include <QFontDatabase>
#include <QHash>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kGap = 2;         // between tiles
constexpr int kPadding = 4;     // inside a tile, left and right
constexpr int kHintLines = 4;
constexpr int kMaxLabelChars = 48; // a tile longer than this is cut in the middle

} // namespace

TokenStrip::TokenStrip(QWidget* parent) : QAbstractScrollArea(parent)
{
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    viewport()->setMouseTracking(true);
    setObjectName(QStringLiteral("tokenStrip"));
    setAccessibleName(tr("Tokens"));
    setProperty("keyHelp", QStringList{tr("Arrow keys") + u'\t' + tr("Step through the tokens"), tr("Home, End") + u'\t' + tr("The first token, the last")});
    setToolTip(tr("The tokens the model reads. Arrow keys step through them."));
}

void TokenStrip::setContent(TokenStripContent content)
{
    m_content = std::move(content);
    m_current = -1;
    verticalScrollBar()->setValue(0);
    arrange();
    //: %1 tokens in all, %2 of them trained
    setAccessibleDescription(tr("%1 tokens, %2 trained")
                                 .arg(locale().toString(static_cast<qlonglong>(m_content.tiles.size())),
                                      locale().toString(static_cast<qlonglong>(m_content.numTrained()))));
    viewport()->update();
    Q_EMIT currentTileChanged(-1);
}

int TokenStrip::lineHeight() const
{
    return fontMetrics().height() + 2 * kPadding + kGap;
}

QSize TokenStrip::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 60, lineHeight() * kHintLines};
}

QString TokenStrip::cutLabel() const
{
    const auto cut = m_content.fullLength - static_cast<std::int64_t>(m_content.tiles.size());
    return QStringLiteral("\u2702 ") + tr("%Ln token(s) cut", nullptr, static_cast<int>(cut)) + u' ' + m_content.cutText;
}

void TokenStrip::arrange()
{
    const int width = std::max(viewport()->width(), 40);
    const QFontMetrics metrics = fontMetrics();
    QHash<QString, int> widths; // the same tokens come again and again
    m_places.assign(m_content.tiles.size(), {});
    int x = kGap;
    int line = 0;
    for (std::size_t i = 0; i < m_content.tiles.size(); ++i) {
        const TokenTile& tile = m_content.tiles[i];
        auto known = widths.constFind(tile.label);
        if (known == widths.constEnd()) {
            const QString shown = tile.label.left(kMaxLabelChars);
            known = widths.insert(tile.label, std::max(metrics.horizontalAdvance(shown), metrics.averageCharWidth()) + 2 * kPadding);
        }
        const int tileWidth = std::min(*known, width - 2 * kGap);
        if (x + tileWidth > width - kGap && x > kGap) {
            x = kGap;
            ++line;
        }
        m_places[i] = {x, line, tileWidth};
        x += tileWidth + kGap;
        if (tile.endsLine) {
            x = kGap;
            ++line;
        }
    }
    if (m_content.truncated) {
        const int cutWidth = std::min(metrics.horizontalAdvance(cutLabel()) + 2 * kPadding, width - 2 * kGap);
        if (x + std::min(cutWidth, width / 3) > width) {
            x = kGap;
            ++line;
        }
        m_cut = {x, line, std::min(cutWidth, width - x - kGap)};
    }
    m_numLines = m_content.tiles.empty() ? 0 : line + 1;
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(lineHeight());
    verticalScrollBar()->setRange(0, std::max(0, m_numLines * lineHeight() + kGap - viewport()->height()));
}

QRect TokenStrip::tileRect(int index) const
{
    if (index < 0 || static_cast<std::size_t>(index) >= m_places.size()) {
        return {};
    }
    const Place& place = m_places[static_cast<std::size_t>(index)];
    return {place.x, place.line * lineHeight() + kGap - verticalScrollBar()->value(), place.width, lineHeight() - kGap};
}

int TokenStrip::tileAt(const QPoint& position) const
{
    const int line = (position.y() + verticalScrollBar()->value() - kGap) / lineHeight();
    const int index = tileInLine(line, position.x());
    return tileRect(index).contains(position) ? index : -1;
}

int TokenStrip::tileInLine(int line, int x) const
{
    const auto byLine = [](const Place& place, int wanted) { return place.line < wanted; };
    const auto first = std::lower_bound(m_places.begin(), m_places.end(), line, byLine);
    const auto last = std::lower_bound(first, m_places.end(), line + 1, byLine);
    if (first == last) {
        return -1;
    }
    auto at = std::upper_bound(first, last, x, [](int wanted, const Place& place) { return wanted < place.x; });
    at = at == first ? first : at - 1;
    return static_cast<int>(at - m_places.begin());
}

void TokenStrip::paintEvent(QPaintEvent* event)
{
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    const int offset = verticalScrollBar()->value();
    const int first = (event->rect().top() + offset) / lineHeight();
    const int last = (event->rect().bottom() + offset) / lineHeight();
    const auto from = std::lower_bound(m_places.begin(), m_places.end(), first,
                                       [](const Place& place, int line) { return place.line < line; });
    for (auto at = from; at != m_places.end() && at->line <= last; ++at) {
        drawTile(painter, static_cast<int>(at - m_places.begin()));
    }
    if (m_content.truncated && !m_places.empty()) {
        drawCut(painter);
    }
    paintFocusRing(painter, *this);
}

void TokenStrip::drawTile(QPainter& painter, int index) const
{
    const TokenTile& tile = m_content.tiles[static_cast<std::size_t>(index)];
    const QRectF box = QRectF(tileRect(index)).adjusted(0.5, 0.5, -0.5, -0.5);
    drawTokenBox(painter, box, {tile.trained, tile.special, index == m_current}, palette());
    painter.setPen(tile.trained || tile.special ? palette().color(QPalette::Text) : quietTextColor());
    const QString shown = fontMetrics().elidedText(tile.label, Qt::ElideMiddle, static_cast<int>(box.width()) - kPadding);
    painter.drawText(box, Qt::AlignCenter | Qt::TextSingleLine, shown);
}

void TokenStrip::drawCut(QPainter& painter) const
{
    const QRect box(m_cut.x, m_cut.line * lineHeight() + kGap - verticalScrollBar()->value(), m_cut.width, lineHeight() - kGap);
    QPen pen(warningColor(), 2);
    pen.setStyle(Qt::DashLine);
    painter.setPen(pen);
    painter.drawLine(box.left() + 1, box.top(), box.left() + 1, box.bottom());
    painter.setPen(warningColor());
    const QRect textBox = box.adjusted(kPadding * 2, 0, 0, 0);
    painter.drawText(textBox, Qt::AlignVCenter | Qt::TextSingleLine,
                     fontMetrics().elidedText(cutLabel(), Qt::ElideRight, textBox.width()));
}

QString TokenStrip::describeTile(int index) const
{
    if (index < 0 || static_cast<std::size_t>(index) >= m_content.tiles.size()) {
        return {};
    }
    const TokenTile& tile = m_content.tiles[static_cast<std::size_t>(index)];
    const QString purpose = tile.trained ? tr("trained") : tr("context");
    const QString kind = tile.special ? tr("special, %1").arg(purpose) : purpose;
    const QString bytes = tile.bytes.isEmpty() ? tr("no bytes of the text") : tr("bytes %1").arg(tile.bytes);
    //: number of the token, its text, its id, its bytes, what it is for
    return tr("Token %1: \u201c%2\u201d, id %3, %4, %5")
        .arg(locale().toString(index + 1), tile.label, locale().toString(tile.id), bytes, kind);
}

void TokenStrip::setCurrentTile(int index)
{
    const int last = static_cast<int>(m_content.tiles.size()) - 1;
    index = std::clamp(index, last < 0 ? -1 : 0, last);
    if (index == m_current || index < 0) {
        return;
    }
    m_current = index;
    const QRect box = tileRect(index);
    if (box.top() < 0) {
        verticalScrollBar()->setValue(verticalScrollBar()->value() + box.top() - kGap);
    } else if (box.bottom() > viewport()->height()) {
        verticalScrollBar()->setValue(verticalScrollBar()->value() + box.bottom() - viewport()->height() + kGap);
    }
    viewport()->update();
    setAccessibleDescription(describeTile(index));
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
    Q_EMIT currentTileChanged(index);
}

void TokenStrip::keyPressEvent(QKeyEvent* event)
{
    const int count = static_cast<int>(m_content.tiles.size());
    if (count == 0) {
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    const auto stepLine = [this](int direction) {
        const Place at = m_current < 0 ? Place{} : m_places[static_cast<std::size_t>(m_current)];
        const int found = tileInLine(at.line + direction, at.x + at.width / 2);
        setCurrentTile(found < 0 ? m_current : found);
    };
    switch (event->key()) {
    case Qt::Key_Left: setCurrentTile(m_current - 1); return;
    case Qt::Key_Right: setCurrentTile(m_current + 1); return;
    case Qt::Key_Home: setCurrentTile(0); return;
    case Qt::Key_End: setCurrentTile(count - 1); return;
    case Qt::Key_Up: stepLine(-1); return;
    case Qt::Key_Down: stepLine(1); return;
    default: QAbstractScrollArea::keyPressEvent(event);
    }
}

void TokenStrip::mousePressEvent(QMouseEvent* event)
{
    const int index = tileAt(event->pos());
    if (index >= 0) {
        setCurrentTile(index);
    }
}

bool TokenStrip::viewportEvent(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int index = tileAt(help->pos());
        if (index >= 0) {
            QToolTip::showText(help->globalPos(), describeTile(index), viewport(), tileRect(index));
            return true;
        }
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void TokenStrip::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    arrange();
}

void TokenStrip::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        arrange();
    }
}

} // namespace luthier::ui
