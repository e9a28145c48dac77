// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/making/data_save.h"

#include "core/data/making/made_files.h"
#include "ui/base/amounts.h"
#include "ui/models/text_table.h"
#include "ui/widgets/row_view.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QTableView>

namespace luthier::ui {
namespace {

constexpr std::size_t kShownRows = 500;

} // namespace

DataSave::DataSave(DataDocument* document, const QString& folder, std::vector<std::int64_t> rows, QWidget* parent)
    : DataMaking(document, folder,
                 {QStringLiteral("save"), tr("Save these rows as a file"), QStringLiteral("saved"), tr("&Save"),
                  tr("Writes the rows into a new file and opens it; this file stays as it is")},
                 parent),
      m_rows(std::move(rows)), m_model(new TextTable({tr("Row"), tr("As it will be written")}, this)), m_shape(new QComboBox)
{
    m_shape->setObjectName(QStringLiteral("saveShape"));
    m_shape->setToolTip(tr("The shape that the rows are written in; usually they keep theirs"));
    m_shape->addItem(tr("as they are"), QString());
    for (const data::RowShape& shape : data::rowShapes()) {
        m_shape->addItem(QString::fromLatin1(shape.id), QString::fromLatin1(shape.id));
        m_shape->setItemData(m_shape->count() - 1, QString::fromUtf8(shape.help), Qt::ToolTipRole);
    }
    auto* form = new QFormLayout;
    form->addRow(tr("S&hape"), m_shape);
    auto* view = new QTableView;
    view->setObjectName(QStringLiteral("saveRows"));
    view->setAccessibleName(tr("Rows that would be saved"));
    presentRows(view, m_model);
    view->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    view->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    connect(m_shape, &QComboBox::currentIndexChanged, this, [this] { lookAheadSoon(); });
    build(form, view);
}

const data::RowShape* DataSave::shape() const
{
    return data::findRowShape(m_shape->currentData().toString().toStdString());
}

void DataSave::lookAhead()
{
    setNote(tr("Looking at the rows\u2026"), false);
    const auto work = [dataset = m_document->dataset(), rows = m_rows, shape = shape()](const JobControl& control) {
        Ahead ahead;
        for (const std::int64_t row : rows) {
            if (control.cancel.isCancelled()) {
                break;
            }
            if (dataset->isExcluded(row)) {
                ++ahead.excluded;
                continue;
            }
            const auto json = data::mixedRow(*dataset, row, shape);
            if (!json) {
                ahead.problem = ahead.unfit++ == 0 ? QString::fromStdString(json.message()) : ahead.problem;
            } else if (++ahead.kept; ahead.lines.size() < kShownRows) {
                ahead.lines.push_back({number(row + 1), QString::fromStdString(base::dumpJson(*json))});
            }
        }
        return ahead;
    };
    m_ahead.start(this, work, [this](const Ahead& ahead) { takeAhead(ahead); });
}

void DataSave::takeAhead(const Ahead& ahead)
{
    m_model->setLines(ahead.lines);
    QString note = tr("%Ln row(s) will be saved, in the order of the table.", nullptr, static_cast<int>(ahead.kept));
    if (ahead.excluded > 0) {
        note += u' ' + tr("%Ln that are left out of training are not.", nullptr, static_cast<int>(ahead.excluded));
    }
    if (ahead.unfit > 0) {
        note += u' ' + tr("%Ln cannot be; the first: %1.", nullptr, static_cast<int>(ahead.unfit)).arg(ahead.problem);
    }
    setNote(note, ahead.kept > 0);
}

DataMaking::Work DataSave::making(const QString& path)
{
    return [dataset = m_document->dataset(), rows = m_rows, shape = shape(), path](const JobControl& control) -> Result<Made> {
        if (auto isNew = mustBeNew(path); !isNew) {
            return isNew.error();
        }
        data::WalkOptions options;
        options.cancel = control.cancel;
        options.progress = control.progress;
        const auto counts = data::saveRows(*dataset, rows, shape, path.toStdString(), options);
        if (!counts) {
            return counts.error();
        }
        return madeRows(counts->saved, path);
    };
}

} // namespace luthier::ui
