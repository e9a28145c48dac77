// SPDX-License-Identifier: GPL-3.0-or-later
// What gives the points of the map their colour, and the legend that says so.
#include "ui/models/data/data_losses.h"
#include "ui/pages/data/windows/data_map.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/role_colors.h"
#include "ui/widgets/point_map.h"
#include "ui/widgets/tag_color.h"

#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QLocale>

#include <algorithm>
#include <map>
#include <optional>

namespace luthier::ui {
namespace {

using Legend = std::vector<std::pair<QString, QColor>>;

constexpr std::size_t kBands = 5; // of losses, with as many rows each
constexpr int kLossDigits = 2;

// Names and the colour of each, the most frequent first; those beyond the colours share the quiet one.
Legend legendOf(const std::vector<QString>& names, bool areTags)
{
    std::map<QString, int> counts;
    for (const QString& name : names) {
        counts[name] += name.isEmpty() ? 0 : 1;
    }
    counts.erase(QString());
    std::vector<std::pair<QString, int>> ranked(counts.begin(), counts.end());
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    Legend legend;
    for (int i = 0; i < std::min(kNumSeries, static_cast<int>(ranked.size())); ++i) {
        const QString& name = ranked[static_cast<std::size_t>(i)].first;
        legend.emplace_back(name, areTags ? tagColor(name) : seriesColor(i));
    }
    return legend;
}

// From blue over purple to orange: they differ for every eye, and from the grey of what was not measured.
QColor bandColor(std::size_t band)
{
    constexpr std::size_t kMiddle = kBands / 2;
    const QColor low = seriesColor(band < kMiddle ? 0 : 3);
    const QColor high = seriesColor(band < kMiddle ? 3 : 1);
    const double share = static_cast<double>(band % kMiddle + (band == kBands - 1 ? kMiddle : 0)) / kMiddle;
    const auto mixed = [share](int from, int to) { return static_cast<int>(from + (to - from) * share); };
    return QColor(mixed(low.red(), high.red()), mixed(low.green(), high.green()), mixed(low.blue(), high.blue()));
}

struct Bands {
    std::vector<double> edges; // kBands + 1, ascending; empty: nothing was measured

    explicit Bands(std::vector<double> losses)
    {
        std::sort(losses.begin(), losses.end());
        for (std::size_t i = 0; !losses.empty() && i <= kBands; ++i) {
            edges.push_back(losses[std::min(i * losses.size() / kBands, losses.size() - 1)]);
        }
    }

    std::size_t of(double loss) const
    {
        std::size_t band = 0;
        while (band + 1 < kBands && loss >= edges[band + 1]) {
            ++band;
        }
        return band;
    }

    Legend legend() const
    {
        Legend legend;
        const auto text = [](double loss) { return QLocale().toString(loss, 'f', kLossDigits); };
        for (std::size_t band = 0; band < kBands && !edges.empty(); ++band) {
            legend.emplace_back(text(edges[band]) + QStringLiteral(" \u2013 ") + text(edges[band + 1]), bandColor(band));
        }
        return legend;
    }
};

} // namespace

DataMap::Coloring DataMap::coloring() const
{
    return static_cast<Coloring>(m_coloring->currentIndex());
}

void DataMap::setColoring(Coloring coloring)
{
    m_coloring->setCurrentIndex(static_cast<int>(coloring));
    showColors();
}

void DataMap::showColors()
{
    if (!hasMap() || !m_document) {
        return;
    }
    const bool isLoss = coloring() == Coloring::LossBefore || coloring() == Coloring::LossAfter;
    if (coloring() == Coloring::None) {
        m_points->setColors({});
        m_legend->hide();
    } else if (isLoss) {
        showLosses(coloring() == Coloring::LossBefore ? LossTime::Before : LossTime::After);
    } else {
        showNames();
    }
}

// Points and legend keep their colours.
void DataMap::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        showColors();
    }
    QDialog::changeEvent(event);
}

void DataMap::showNames()
{
    std::vector<QString> names(m_map->points.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (coloring() == Coloring::Tag) {
            const std::set<std::string>& tags = m_document->tagsOf(m_map->features.rows[i]);
            names[i] = tags.empty() ? QString() : QString::fromStdString(*tags.begin());
        } else {
            //: a group of like rows, by its number
            names[i] = coloring() == Coloring::Label ? m_map->labels[i] : tr("group %1").arg(m_map->clusters[i] + 1);
        }
    }
    const Legend legend = legendOf(names, coloring() == Coloring::Tag);
    const std::map<QString, QColor> colors(legend.begin(), legend.end());
    std::vector<QColor> ofPoints;
    for (const QString& name : names) {
        const auto at = colors.find(name);
        ofPoints.push_back(at == colors.end() ? quietTextColor() : at->second);
    }
    showLegend(legend, coloring() == Coloring::Cluster ? QString() : tr("none or another"));
    m_points->setColors(std::move(ofPoints));
}

void DataMap::showLosses(LossTime time)
{
    std::vector<std::optional<double>> losses;
    std::vector<double> measured;
    for (const std::int64_t row : m_map->features.rows) {
        losses.push_back(m_document->losses()->of(row, time));
        if (losses.back()) {
            measured.push_back(*losses.back());
        }
    }
    const Bands bands(std::move(measured));
    std::vector<QColor> ofPoints;
    for (const std::optional<double>& loss : losses) {
        ofPoints.push_back(loss ? bandColor(bands.of(*loss)) : quietTextColor());
    }
    showLegend(bands.legend(), bands.edges.empty() ? tr("No run has measured these rows yet: switch on \u201crun.row_losses\u201d in a recipe and train.")
                                                   : tr("not measured (losses in nats a token)"));
    m_points->setColors(std::move(ofPoints));
}

void DataMap::showLegend(const Legend& legend, const QString& rest)
{
    QStringList lines;
    const auto add = [&lines](const QString& name, const QColor& shown) {
        lines += QStringLiteral("<span style='color:%1'>&#9679;</span>&nbsp;%2").arg(shown.name(), name.toHtmlEscaped());
    };
    for (const auto& [name, shown] : legend) {
        add(name, shown);
    }
    if (!rest.isEmpty()) {
        add(rest, quietTextColor());
    }
    m_legend->setText(lines.join(QStringLiteral(" &nbsp; ")));
    m_legend->setVisible(!lines.isEmpty());
}

} // namespace luthier::ui
