// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/chart_curve.h"
#include "ui/widgets/file_dialog.h"

#include <QAction>
#include <QBuffer>
#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>
#include <QSvgGenerator>

#include <map>

namespace luthier::ui {
namespace {

constexpr double kPictureScale = 2;

QString number(double value)
{
    return QString::number(value, 'g', 17); // files are in the C locale, with every digit
}

} // namespace

// "loss", "held_out": the chart's id and the set alone for its first measure, both for the others.
QString ChartPanel::columnName(const Curve& curve) const
{
    const auto text = [](std::string_view part) { return QString::fromUtf8(part.data(), static_cast<qsizetype>(part.size())); };
    if (curve.measure != &m_spec.main()) {
        return text(measures::columnOf(*curve.measure, curve.set));
    }
    return curve.isOfSteps() ? m_spec.id : text(curve.set);
}

QString ChartPanel::csv() const
{
    // One row a step, a column for each curve that has values.
    std::map<qint64, QStringList> rows;
    QStringList header{QStringLiteral("step")};
    qsizetype columns = 0;
    for (const auto& curve : m_curves) {
        if (curve->isEmpty()) {
            continue;
        }
        const QString& run = m_names[static_cast<std::size_t>(curve->run)];
        QString title = (run.isEmpty() ? QString() : run + u' ') + columnName(*curve);
        header += u'"' + title.replace(u'"', QStringLiteral("\"\"")) + u'"';
        for (const QCPGraphData& point : *curve->all) {
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

QByteArray ChartPanel::svg()
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setTitle(title());
    generator.setSize(m_plot->size());
    generator.setViewBox(m_plot->rect());
    {
        QCPPainter painter(&generator);
        m_plot->toPainter(&painter, m_plot->width(), m_plot->height());
    }
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
        {"saveSvg", tr("Save drawing\u2026"), [](ChartPanel& panel, bool) { panel.save(QStringLiteral("svg"), [](ChartPanel& chart) { return chart.svg(); }); }, false},
    };
    for (const Row& row : rows) {
        auto* action = new QAction(row.text, this);
        action->setObjectName(m_spec.id + u'.' + QString::fromLatin1(row.id));
        action->setCheckable(row.isSwitch);
        action->setChecked(row.isSwitch && m_spec.main().isLogarithmic);
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
    QFileDialog* dialog = saveDialog(this, QStringLiteral("chart"), tr("Save chart"), {QStringLiteral("%1 (*.%2)").arg(suffix.toUpper(), suffix)}, suffix);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, content](const QString& path) { Q_EMIT saveWanted(path, content(*this)); });
    dialog->open();
}

} // namespace luthier::ui
