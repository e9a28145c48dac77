// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/chart_curve.h"

#include <QAction>
#include <QBuffer>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMenu>

#include <map>

namespace luthier::ui {
namespace {

constexpr double kPictureScale = 2;

QString number(double value)
{
    return QString::number(value, 'g', 17); // files are in the C locale, with every digit
}

} // namespace

QString ChartPanel::csv() const
{
    // One row a step, columns: raw and held-out of each run that has any.
    std::map<qint64, QStringList> rows;
    QStringList header{QStringLiteral("step")};
    qsizetype columns = 0;
    for (const auto& curve : m_curves) {
        for (const QCPGraph* graph : {curve->raw, curve->evals}) {
            if (graph->data()->isEmpty()) {
                continue;
            }
            const QString name = curve->name.isEmpty() ? QString() : curve->name + u' ';
            QString title = name + (graph == curve->evals ? QStringLiteral("held_out") : QString::fromLatin1(m_spec.id));
            header += u'"' + title.replace(u'"', QStringLiteral("\"\"")) + u'"';
            for (const QCPGraphData& point : *graph->data()) {
                QStringList& row = rows[static_cast<qint64>(point.key)];
                while (row.size() < columns) {
                    row += QString();
                }
                if (row.size() == columns) { // a step told twice keeps its first value
                    row += number(point.value);
                }
            }
            ++columns;
        }
    }
    QString text = header.join(u',') + u'\n';
    for (auto& [step, row] : rows) {
        while (row.size() < columns) {
            row += QString();
        }
        text += QString::number(step) + u',' + row.join(u',') + u'\n';
    }
    return text;
}

QByteArray ChartPanel::png()
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    m_plot->toPixmap(m_plot->width(), m_plot->height(), kPictureScale).save(&buffer, "PNG");
    return bytes;
}

void ChartPanel::buildActions()
{
    struct Row {
        const char* id;
        QString text;
        void (*run)(ChartPanel&, bool);
        bool isSwitch;
    };
    const Row rows[] = {
        {"rows", tr("Open the rows of this step"), [](ChartPanel& panel, bool) { panel.askForStep(); }, false},
        {"log", tr("Logarithmic"), [](ChartPanel& panel, bool on) { panel.setLogarithmic(on); }, true},
        {"copy", tr("Copy values as CSV"),
         [](ChartPanel& panel, bool) { QGuiApplication::clipboard()->setText(panel.csv()); }, false},
        {"saveCsv", tr("Save values as CSV\u2026"), [](ChartPanel& panel, bool) { panel.save(QStringLiteral("csv"), [](ChartPanel& chart) { return chart.csv().toUtf8(); }); }, false},
        {"savePng", tr("Save picture\u2026"), [](ChartPanel& panel, bool) { panel.save(QStringLiteral("png"), [](ChartPanel& chart) { return chart.png(); }); }, false},
    };
    for (const Row& row : rows) {
        auto* action = new QAction(row.text, this);
        action->setObjectName(QString::fromLatin1(m_spec.id) + u'.' + QString::fromLatin1(row.id));
        action->setCheckable(row.isSwitch);
        connect(action, &QAction::triggered, this, [this, run = row.run](bool on) { run(*this, on); });
        addAction(action);
    }
}

void ChartPanel::addActionsTo(QMenu* menu)
{
    menu->addActions(actions());
}

void ChartPanel::save(const QString& suffix, QByteArray (*content)(ChartPanel&))
{
    auto* dialog = new QFileDialog(this, tr("Save chart"), {}, QStringLiteral("%1 (*.%2)").arg(suffix.toUpper(), suffix));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, content](const QString& path) { Q_EMIT saveWanted(path, content(*this)); });
    dialog->open();
}

} // namespace luthier::ui
