// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_batch.h"

#include "core/store/run_rows.h"
#include "core/train/run.h"
#include "core/train/plan/step_rows.h"
#include "ui/base/amounts.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>

#include <algorithm>

namespace luthier::ui {
namespace {

const QLatin1String kPlace("step:");
constexpr int kParts = 1000;

std::vector<DataBatch::FileRows> byFile(const std::vector<train::StepRow>& rows)
{
    std::vector<DataBatch::FileRows> files;
    for (const train::StepRow& row : rows) {
        const QString path = QFileInfo(QString::fromStdString(row.file)).absoluteFilePath();
        auto at = std::find_if(files.begin(), files.end(), [&path](const DataBatch::FileRows& file) { return file.path == path; });
        if (at == files.end()) {
            at = files.insert(files.end(), {path, {}});
        }
        if (std::find(at->rows.begin(), at->rows.end(), row.row) == at->rows.end()) {
            at->rows.push_back(row.row);
        }
    }
    std::stable_sort(files.begin(), files.end(), [](const auto& left, const auto& right) { return left.rows.size() > right.rows.size(); });
    return files;
}

} // namespace

QString stepPlace(store::RunId run, std::int64_t step)
{
    return kPlace + QString::number(run) + u':' + QString::number(step);
}

std::optional<std::pair<store::RunId, std::int64_t>> stepAt(const QString& place)
{
    const QStringList parts = place.split(u':');
    if (!place.startsWith(kPlace) || parts.size() != 3) {
        return std::nullopt;
    }
    bool isRun = false;
    bool isStep = false;
    const std::pair<store::RunId, std::int64_t> at{parts[1].toLongLong(&isRun), parts[2].toLongLong(&isStep)};
    return isRun && isStep ? std::optional(at) : std::nullopt;
}

DataBatch::DataBatch(QWidget* parent)
    : QFrame(parent), m_text(new QLabel), m_progress(new QProgressBar),
      m_stop(makeButton(QStringLiteral("stopBatch"), tr("Stop"), tr("Ends the search; the table stays as it is")))
{
    setObjectName(QStringLiteral("batch"));
    setFrameShape(QFrame::StyledPanel);
    m_text->setObjectName(QStringLiteral("batchText"));
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextBrowserInteraction);
    m_progress->setObjectName(QStringLiteral("batchProgress"));
    m_progress->setAccessibleName(tr("Progress of finding the rows of the step"));
    m_progress->setRange(0, kParts);
    m_progress->setTextVisible(false);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(space(2), space(1), space(2), space(1));
    layout->addWidget(m_text, 2);
    layout->addWidget(m_progress, 1);
    layout->addWidget(m_stop);
    connect(m_stop, &QPushButton::clicked, this, &DataBatch::cancel);
    connect(m_text, &QLabel::linkActivated, this, [this](const QString& link) { showFile(link.toInt()); });
    hide();
}

Result<DataBatch::Found> DataBatch::work(store::Project& project, store::RunId run, std::int64_t step, const JobControl& control)
{
    const auto row = project.run(run);
    auto config = row ? train::readRunFolder(row->folder) : Result<config::RunConfig>(row.error());
    if (!config) {
        return config.error();
    }
    auto left = store::runRows(&project, config->data);
    if (!left) {
        return left.error();
    }
    const auto rows = train::rowsOfStep({row->folder, step, std::move(*left), control.progress, control.cancel});
    if (!rows) {
        return rows.error();
    }
    return Found{QString::fromStdString(row->name), byFile(*rows)};
}

void DataBatch::find(std::shared_ptr<store::Project> project, store::RunId run, std::int64_t step)
{
    m_step = step;
    m_clock.start();
    m_progress->setRange(0, 0);
    m_progress->show();
    m_stop->setText(tr("Stop"));
    m_text->setTextFormat(Qt::PlainText);
    m_text->setText(tr("Finding the rows of step %1\u2026").arg(number(step)));
    show();
    m_job.start(
        this, [project = std::move(project), run, step](const JobControl& control) { return work(*project, run, step, control); },
        [this](const Result<Found>& found) { takeFound(found); },
        [this](std::int64_t done, std::int64_t total) { takeProgress(done, total); });
}

void DataBatch::cancel()
{
    m_job.cancel();
    hide();
}

void DataBatch::takeProgress(std::int64_t done, std::int64_t total)
{
    if (!isRunning() || total <= 0 || done <= 0) {
        return;
    }
    m_progress->setRange(0, kParts);
    m_progress->setValue(static_cast<int>(kParts * done / total));
    const double seconds = static_cast<double>(m_clock.elapsed()) / 1000 * static_cast<double>(total - done) / static_cast<double>(done);
    //: how far the search is: step, rows read, all rows, seconds
    m_text->setText(tr("Finding the rows of step %1: %2 of %3 rows read, %Ln s left", nullptr, static_cast<int>(seconds) + 1)
                        .arg(number(m_step), number(done), number(total)));
}

void DataBatch::showProblem(const QString& sentence)
{
    m_progress->hide();
    m_stop->setText(tr("Close"));
    m_text->setTextFormat(Qt::PlainText);
    m_text->setText(sentence);
    setAccessibleName(sentence);
    show();
}

void DataBatch::takeFound(const Result<Found>& found)
{
    if (!found) {
        showProblem(QString::fromStdString(found.message()));
        return;
    }
    m_found = *found;
    m_progress->hide();
    m_stop->setText(tr("Close"));
    QStringList links;
    for (std::size_t i = 0; m_found.files.size() > 1 && i < m_found.files.size(); ++i) {
        const auto count = static_cast<int>(m_found.files[i].rows.size());
        //: a link: name of a file, number of its rows in the step
        links += QStringLiteral("<a href=\"%1\">%2</a>").arg(i).arg(tr("%1 (%Ln row(s))", nullptr, count)
                                                                         .arg(QFileInfo(m_found.files[i].path).fileName().toHtmlEscaped()));
    }
    m_text->setTextFormat(Qt::RichText);
    m_text->setText(tr("Step %1 learned from several files: %2").arg(number(m_step), links.join(QStringLiteral(", "))));
    setVisible(!links.isEmpty());
    showFile(0);
}

void DataBatch::showFile(int file)
{
    if (file < 0 || file >= static_cast<int>(m_found.files.size())) {
        return;
    }
    const FileRows& chosen = m_found.files[static_cast<std::size_t>(file)];
    //: title of the rows in the table: number of a step, name of a run
    Q_EMIT rowsFound(chosen.path, tr("Step %1 of \u201c%2\u201d").arg(number(m_step), m_found.runName), chosen.rows,
                     tr("What this step learned from, worked out from the recipe and the data as they are now: rows that were edited, "
                        "left out or added since the run change the answer."));
}

} // namespace luthier::ui
