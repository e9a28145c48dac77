// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/rate_chart.h"

#include "ui/charts/chart_curve.h"
#include "ui/theme/theme.h"

#include <QEvent>
#include <QLocale>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace luthier::ui {

RateChart::RateChart(QWidget* parent) : QWidget(parent), m_plot(new QCustomPlot)
{
    setObjectName(QStringLiteral("rateChart"));
    setAccessibleName(tr("Loss over learning rates"));
    setMinimumSize(space(60), space(36));
    m_plot->xAxis->setScaleType(QCPAxis::stLogarithmic);
    m_plot->xAxis->setTicker(QSharedPointer<QCPAxisTickerLog>(new QCPAxisTickerLog));
    m_plot->xAxis->setNumberFormat(QStringLiteral("eb"));
    m_plot->xAxis->setNumberPrecision(0);
    m_plot->xAxis->setLabel(tr("learning rate"));
    m_plot->yAxis->setLabel(tr("loss"));
    for (int i = 0; i < 3; ++i) { // measured, smoothed, suggested
        m_plot->addGraph();
    }
    m_plot->legend->setVisible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_plot);
    draw();
}

void RateChart::clear()
{
    m_samples.clear();
    m_suggestion.reset();
    draw();
}

void RateChart::append(const RateSample& sample)
{
    m_samples.push_back(sample);
    draw();
}

void RateChart::setSuggestion(std::optional<double> rate)
{
    m_suggestion = rate;
    setAccessibleDescription(rate ? tr("Suggested learning rate %1").arg(QLocale().toString(*rate, 'g', 3)) : QString());
    draw();
}

void RateChart::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        draw();
    }
    QWidget::changeEvent(event);
}

void RateChart::draw()
{
    stylePlot(m_plot);
    QColor faint = seriesColor(0);
    faint.setAlphaF(0.35F);
    m_plot->graph(0)->setPen(QPen(faint, 1));
    m_plot->graph(1)->setPen(QPen(seriesColor(0), 2));
    m_plot->graph(2)->setPen(QPen(color(Token::Good), 2, Qt::DashLine));
    for (int i = 0; i < 3; ++i) {
        m_plot->graph(i)->data()->clear();
    }
    double low = 0;
    double high = 1;
    bool isFirst = true;
    for (const RateSample& sample : m_samples) {
        if (!std::isfinite(sample.loss) || !std::isfinite(sample.smoothed)) {
            continue;
        }
        m_plot->graph(0)->addData(sample.rate, sample.loss);
        m_plot->graph(1)->addData(sample.rate, sample.smoothed);
        low = isFirst ? sample.smoothed : std::min(low, sample.smoothed);
        high = isFirst ? sample.smoothed : std::max(high, sample.smoothed);
        isFirst = false;
    }
    const double room = std::max(1e-6, (high - low) * 0.1);
    m_plot->yAxis->setRange(low - room, high + room);
    if (!m_samples.empty()) {
        m_plot->xAxis->setRange(m_samples.front().rate, std::max(m_samples.back().rate, m_samples.front().rate * 10));
    } else {
        m_plot->xAxis->setRange(1e-6, 1);
    }
    if (m_suggestion) {
        m_plot->graph(2)->addData(*m_suggestion, low - room);
        m_plot->graph(2)->addData(*m_suggestion * (1 + 1e-9), high + room);
    }
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

} // namespace luthier::ui
