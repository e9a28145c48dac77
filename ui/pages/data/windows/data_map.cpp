// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/windows/data_map.h"

#include "core/data/example_text.h"
#include "ui/base/amounts.h"
#include "ui/theme/theme.h"
#include "ui/widgets/point_map.h"

#include <QComboBox>
#include <QCursor>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QStackedWidget>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace luthier::ui {
namespace {

constexpr double kMinFraction = 0.02; // before that a guess of the time left is noise
constexpr int kUsualPick = 100;
constexpr qsizetype kFirstWords = 160; // characters

QString firstWords(const data::Dataset& dataset, std::int64_t row)
{
    const auto example = dataset.example(row);
    const QString text = QString::fromStdString(example ? data::squeezed(data::wholeTextOf(*example)) : example.message());
    const QString shown = text.size() > kFirstWords ? text.left(kFirstWords) + QChar(0x2026) : text;
    return DataMap::tr("Row %1: %2").arg(number(row + 1), shown);
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
    RowMapSettings settings{m_document->path().toStdString()};
    if (m_features->currentIndex() == 1) {
        settings.model = m_modelPath.toStdString();
    }
    m_making.start(
        this,
        [dataset = m_document->dataset(), project = m_project, settings](const JobControl& control) {
            return makeRowMap(*dataset, project.get(), settings, control);
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
        setColoring(m_isColored ? coloring() : hasLabels ? Coloring::Label : hasTags ? Coloring::Tag : Coloring::Cluster);
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
    for (QWidget* widget : std::initializer_list<QWidget*>{m_coloring, m_edges, m_count, m_pick, m_features}) {
        widget->setEnabled(hasPoints && !isRunning());
    }
    m_tag->setEnabled(!m_chosen.empty());
    m_setTag->setEnabled(!m_chosen.empty() && !m_tag->text().trimmed().isEmpty());
    if (isRunning()) {
        const double left = static_cast<double>(m_clock.elapsed()) / 1000.0 * (1 - m_fraction) / std::max(m_fraction, kMinFraction);
        m_note->setText(m_fraction < kMinFraction ? tr("Reading the rows\u2026") : tr("%Ln s left", nullptr, static_cast<int>(std::ceil(left))));
    } else if (!m_chosen.empty()) {
        m_note->setText(tr("%1 of %2 rows chosen; the table shows them.").arg(number(std::ssize(m_chosen)), number(std::ssize(m_map->points))));
    } else {
        m_note->setText(!hasMap() ? QString() : !m_problem.isEmpty() ? m_problem
                        : tr("%1 rows. Draw around points to choose them, or press Enter for those in sight; the wheel or plus and minus zoom, "
                             "the right button or arrows move.").arg(number(std::ssize(m_map->points))));
    }
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
