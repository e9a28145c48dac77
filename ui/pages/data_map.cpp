// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data_map.h"

#include "core/data/example_text.h"
#include "ui/theme.h"
#include "ui/widgets/point_map.h"
#include "ui/widgets/role_colors.h"
#include "ui/widgets/tag_color.h"

#include <QComboBox>
#include <QCursor>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <map>

namespace luthier::ui {
namespace {

constexpr double kMinFraction = 0.02; // before that a guess of the time left is noise
constexpr int kUsualPick = 100;
constexpr qsizetype kFirstWords = 160; // characters

QString number(std::size_t value)
{
    return QLocale().toString(static_cast<qulonglong>(value));
}

// Names and the colour of each, the most frequent first; those beyond the colours share the quiet one.
std::vector<std::pair<QString, QColor>> legendOf(const std::vector<QString>& names, bool areTags)
{
    std::map<QString, int> counts;
    for (const QString& name : names) {
        counts[name] += name.isEmpty() ? 0 : 1;
    }
    counts.erase(QString());
    std::vector<std::pair<QString, int>> ranked(counts.begin(), counts.end());
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::pair<QString, QColor>> legend;
    for (int i = 0; i < std::min(kNumSeries, static_cast<int>(ranked.size())); ++i) {
        const QString& name = ranked[static_cast<std::size_t>(i)].first;
        legend.emplace_back(name, areTags ? tagColor(name) : seriesColor(i));
    }
    return legend;
}

QString firstWords(const data::Dataset& dataset, std::int64_t row)
{
    const auto example = dataset.example(row);
    const QString text = QString::fromStdString(example ? data::squeezed(data::wholeTextOf(*example)) : example.message());
    const QString shown = text.size() > kFirstWords ? text.left(kFirstWords) + QChar(0x2026) : text;
    return DataMap::tr("Row %1: %2").arg(QLocale().toString(static_cast<qlonglong>(row + 1)), shown);
}

} // namespace

void DataMap::start()
{
    if (isRunning()) {
        m_making.cancel();
        m_picking.cancel();
        m_problem = tr("Stopped.");
        showState();
        return;
    }
    if (!m_document) {
        return;
    }
    m_problem.clear();
    m_fraction = 0;
    m_clock.start();
    m_making.start(
        this,
        [dataset = m_document->dataset(), project = m_project, path = m_document->path().toStdString()](const JobControl& control) {
            return makeRowMap(*dataset, project.get(), path, control);
        },
        [this](const Result<std::shared_ptr<const RowMap>>& map) { takeMap(map); },
        [this](std::int64_t done, std::int64_t total) { takeProgress(done, total); });
    showState();
}

void DataMap::takeProgress(std::int64_t done, std::int64_t total)
{
    m_fraction = static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(total, 1));
    showState();
}

void DataMap::takeMap(const Result<std::shared_ptr<const RowMap>>& map)
{
    if (map) {
        m_map = *map;
        m_chosen.clear();
        m_points->setPoints(m_map->points);
        m_count->setMaximum(static_cast<int>(m_map->points.size()));
        m_count->setValue(kUsualPick);
        const bool hasLabels = std::any_of(m_map->labels.begin(), m_map->labels.end(), [](const QString& label) { return !label.isEmpty(); });
        const bool hasTags = m_document && !m_document->tagCounts().empty();
        setColoring(hasLabels ? Coloring::Label : hasTags ? Coloring::Tag : Coloring::None);
    } else {
        m_problem = QString::fromStdString(map.message());
    }
    showState();
}

void DataMap::showState()
{
    const bool hasPoints = hasMap() && m_document;
    m_stack->setCurrentIndex(hasMap() ? 1 : 0);
    m_empty->setText(m_problem.isEmpty() ? tr("Rows are laid out here, like ones near each other.") : m_problem);
    m_start->setText(isRunning() ? tr("&Stop") : hasMap() ? tr("&Make it again") : tr("&Make the map"));
    m_progress->setVisible(isRunning());
    m_progress->setValue(static_cast<int>(static_cast<double>(kMapParts) * m_fraction));
    for (QWidget* widget : std::initializer_list<QWidget*>{m_coloring, m_edges, m_count, m_pick}) {
        widget->setEnabled(hasPoints && !isRunning());
    }
    m_tag->setEnabled(!m_chosen.empty());
    m_setTag->setEnabled(!m_chosen.empty() && !m_tag->text().trimmed().isEmpty());
    if (isRunning()) {
        const double left = static_cast<double>(m_clock.elapsed()) / 1000.0 * (1 - m_fraction) / std::max(m_fraction, kMinFraction);
        m_note->setText(m_fraction < kMinFraction ? tr("Reading the rows\u2026") : tr("%n s left", nullptr, static_cast<int>(std::ceil(left))));
    } else if (!m_chosen.empty()) {
        m_note->setText(tr("%1 of %2 rows chosen; the table shows them.").arg(number(m_chosen.size()), number(m_map->points.size())));
    } else {
        m_note->setText(!hasMap() ? QString() : !m_problem.isEmpty() ? m_problem
                        : tr("%1 rows. Draw around points to choose them, or press Enter for those in sight; the wheel or plus and minus zoom, "
                             "the right button or arrows move.").arg(number(m_map->points.size())));
    }
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
    const auto coloring = static_cast<Coloring>(m_coloring->currentIndex());
    std::vector<QString> names(m_map->points.size());
    for (std::size_t i = 0; i < names.size() && coloring == Coloring::Tag; ++i) {
        const std::set<std::string>& tags = m_document->tagsOf(m_map->features.rows[i]);
        names[i] = tags.empty() ? QString() : QString::fromStdString(*tags.begin());
    }
    const auto legend = legendOf(coloring == Coloring::Label ? m_map->labels : names, coloring == Coloring::Tag);
    const std::map<QString, QColor> colors(legend.begin(), legend.end());
    std::vector<QColor> ofPoints;
    for (std::size_t i = 0; i < names.size() && coloring != Coloring::None; ++i) {
        const auto at = colors.find(coloring == Coloring::Label ? m_map->labels[i] : names[i]);
        ofPoints.push_back(at == colors.end() ? quietTextColor() : at->second);
    }
    QStringList lines;
    for (const auto& [name, shown] : legend) {
        lines += QStringLiteral("<span style='color:%1'>&#9679;</span>&nbsp;%2").arg(shown.name(), name.toHtmlEscaped());
    }
    if (coloring != Coloring::None) {
        lines += QStringLiteral("<span style='color:%1'>&#9679;</span>&nbsp;%2").arg(quietTextColor().name(), tr("none or another"));
    }
    m_legend->setText(lines.join(QStringLiteral(" &nbsp; ")));
    m_legend->setVisible(!lines.isEmpty());
    m_points->setColors(std::move(ofPoints));
}

void DataMap::showEdges(int kind)
{
    if (!hasMap() || kind <= 0) {
        return;
    }
    const std::vector<std::int64_t>* const lists[] = {&m_map->rarest, &m_map->longest, &m_map->hardest};
    const std::vector<std::int64_t>& rows = *lists[kind - 1];
    choose(m_edges->itemText(kind), rows);
    if (rows.empty()) {
        m_note->setText(tr("No run has measured these rows yet. A run that measures each row before and after shows which are hard."));
    }
    m_edges->setCurrentIndex(0);
}

void DataMap::pickDiverseRows()
{
    if (!hasMap() || isRunning()) {
        return;
    }
    m_problem.clear();
    m_fraction = 0;
    m_clock.start();
    m_picking.start(
        this,
        [map = m_map, count = static_cast<std::size_t>(m_count->value())](const JobControl& control) { return pickDiverse(*map, count, control); },
        [this](const Result<std::vector<std::int64_t>>& rows) {
            if (rows) {
                choose(tr("Most diverse rows"), *rows);
            } else {
                m_problem = QString::fromStdString(rows.message());
                showState();
            }
        },
        [this](std::int64_t done, std::int64_t total) { takeProgress(done, total); });
    showState();
}

void DataMap::choose(const QString& title, const std::vector<std::int64_t>& rows)
{
    m_chosen = rows;
    std::vector<std::size_t> marked;
    for (const std::int64_t row : hasMap() ? rows : std::vector<std::int64_t>()) {
        const auto& all = m_map->features.rows;
        marked.push_back(static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), row) - all.begin()));
    }
    m_points->setMarked(marked);
    showState();
    if (rows.empty()) {
        Q_EMIT allWanted();
    } else {
        Q_EMIT rowsWanted(title, rows);
    }
}

void DataMap::showFirstWords(int point)
{
    m_reading.cancel();
    if (point < 0 || !hasMap() || !m_document) {
        QToolTip::hideText();
        return;
    }
    m_reading.start(
        this, [dataset = m_document->dataset(), row = m_map->features.rows[static_cast<std::size_t>(point)]] { return firstWords(*dataset, row); },
        [this](const QString& words) { QToolTip::showText(QCursor::pos(), words.toHtmlEscaped(), m_points); });
}

void DataMap::tagChosen()
{
    const QString tag = m_tag->text().trimmed();
    if (m_document && !m_chosen.empty() && !tag.isEmpty()) {
        m_document->prepareTag(m_chosen, tag, true);
    }
}

} // namespace luthier::ui
