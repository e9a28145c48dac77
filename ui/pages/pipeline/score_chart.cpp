// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/pipeline/score_chart.h"

#include "ui/theme/theme.h"

#include <QLocale>
#include <QPainter>

#include <algorithm>
#include <array>
#include <utility>

namespace luthier::ui {

namespace {

constexpr int kDigits = 2;
constexpr int kLines = 6; // of text, high

QString number(double value)
{
    return QLocale().toString(value, 'f', kDigits);
}

} // namespace

ScoreChart::ScoreChart(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("scoreChart"));
    setAccessibleName(tr("Scores of held-out pairs"));
    setToolTip(tr("How often each score was given: filled bars are chosen answers, outlined ones rejected answers"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize ScoreChart::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 60, fontMetrics().height() * (kLines + 2)};
}

QSize ScoreChart::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 30, sizeHint().height()};
}

void ScoreChart::setScores(pipeline::RewardScores scores)
{
    m_scores = std::move(scores);
    const auto range = m_scores.range();
    setAccessibleDescription(tr("%Ln pair(s), %1 % the right way round; scores from %2 to %3", "", static_cast<int>(m_scores.pairs()))
                                 .arg(QLocale().toString(100 * m_scores.accuracy(), 'f', 1), number(range.low), number(range.high)));
    update();
}

void ScoreChart::paintEvent(QPaintEvent*)
{
    if (m_scores.pairs() == 0) {
        return;
    }
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int line = fontMetrics().height();
    const QRectF area(0, line * 1.25, width(), height() - line * 2.5);
    const auto range = m_scores.range();
    const std::array counts{statistics::histogram(m_scores.scores[0], range, kBins), statistics::histogram(m_scores.scores[1], range, kBins)};
    std::int64_t most = 1;
    for (const auto& list : counts) {
        most = std::max(most, *std::max_element(list.begin(), list.end()));
    }
    const double width = area.width() / kBins;
    for (int bin = 0; bin < kBins; ++bin) {
        for (std::size_t which = 0; which < counts.size(); ++which) {
            const double high = area.height() * static_cast<double>(counts[which][static_cast<std::size_t>(bin)]) / static_cast<double>(most);
            const QRectF bar(area.left() + bin * width + (which == 0 ? 1 : width / 2), area.bottom() - high, width / 2 - 2, high);
            painter.setPen(QPen(seriesColor(static_cast<int>(which)), 1.5));
            painter.setBrush(which == 0 ? QBrush(seriesColor(0)) : QBrush(Qt::NoBrush));
            if (high > 0) {
                painter.drawRect(bar);
            }
        }
    }
    painter.setPen(color(Token::Line));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    painter.setPen(color(Token::TextQuiet));
    painter.setFont(textFont(TextSize::Small));
    painter.drawText(QRectF(0, 0, this->width(), line), Qt::AlignLeft | Qt::AlignVCenter, tr("filled: chosen answers · outlined: rejected answers"));
    painter.drawText(QRectF(0, area.bottom() + 2, this->width(), line), Qt::AlignLeft | Qt::AlignVCenter, number(range.low));
    painter.drawText(QRectF(0, area.bottom() + 2, this->width(), line), Qt::AlignRight | Qt::AlignVCenter, number(range.high));
    painter.drawText(QRectF(0, area.bottom() + 2, this->width(), line), Qt::AlignHCenter | Qt::AlignVCenter, tr("score of the reward model"));
}

} // namespace luthier::ui
