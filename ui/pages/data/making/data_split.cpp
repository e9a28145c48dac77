// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/making/data_split.h"

#include "core/data/example_text.h"
#include "core/data/making/made_files.h"
#include "ui/base/amounts.h"
#include "ui/models/text_table.h"
#include "ui/theme/theme.h"
#include "ui/widgets/number_fields.h"
#include "ui/widgets/row_view.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHeaderView>
#include <QTableView>

#include <algorithm>
#include <limits>

namespace luthier::ui {
namespace {

constexpr std::size_t kShownRows = 500;
const QLatin1String kByTags("\ntags"); // no field has such a name

// rows.jsonl -> rows.train.jsonl
QString besideOf(const QString& path, const char* part)
{
    const QFileInfo whole(path);
    return QStringLiteral("%1/%2.%3.%4").arg(whole.path(), whole.completeBaseName(), QLatin1String(part), whole.suffix());
}

std::vector<QStringList> heldOutLines(const data::Dataset& dataset, const std::vector<data::SplitSide>& sides)
{
    std::vector<QStringList> lines;
    for (std::size_t row = 0; row < sides.size() && lines.size() < kShownRows; ++row) {
        if (sides[row] != data::SplitSide::HeldOut) {
            continue;
        }
        if (const auto example = dataset.example(static_cast<std::int64_t>(row))) {
            lines.push_back({number(static_cast<std::int64_t>(row) + 1), QString::fromStdString(data::promptTextOf(*example)),
                             QString::fromStdString(data::answerTextOf(*example))});
        }
    }
    return lines;
}

} // namespace

DataSplit::DataSplit(DataDocument* document, const QString& folder, const std::vector<std::pair<QString, QString>>& fields, double share,
                     std::int64_t seed, QWidget* parent)
    : DataMaking(document, folder,
                 {QStringLiteral("split"), tr("Split into training and held-out rows"), QStringLiteral("split"), tr("&Split"),
                  tr("Writes two new files and opens them; this file stays as it is")},
                 parent),
      m_model(new TextTable({tr("Row"), tr("Held-out prompt"), tr("Answer")}, this)), m_share(new RealField), m_seed(new WholeField),
      m_by(new QComboBox)
{
    m_share->setObjectName(QStringLiteral("splitShare"));
    m_share->setRange(0.1, 90);
    m_share->setDecimals(1);
    m_share->setSuffix(QStringLiteral(" %"));
    m_share->setValue(share > 0 ? share * 100 : 10);
    m_share->setToolTip(tr("Share of the rows that is held out, 0.1 to 90 %; usually 10 %"));
    m_seed->setObjectName(QStringLiteral("splitSeed"));
    m_seed->setRange(0, std::numeric_limits<int>::max());
    m_seed->setValue(static_cast<int>(std::clamp<std::int64_t>(seed, 0, std::numeric_limits<int>::max())));
    m_seed->setToolTip(tr("Another number holds other rows out; usually 42. Training with the same share and seed holds out the same rows"));
    m_by->setObjectName(QStringLiteral("splitBy"));
    m_by->setToolTip(tr("Each tag, or each value of a field, gives its share; usually none"));
    m_by->addItem(tr("nothing"), QString());
    m_by->addItem(tr("tags"), QString(kByTags));
    for (const auto& [name, value] : fields) {
        if (!value.isEmpty()) {
            m_by->addItem(name, value);
        }
    }
    auto* form = new QFormLayout;
    form->addRow(tr("&Held out"), m_share);
    form->addRow(tr("S&eed"), m_seed);
    form->addRow(tr("Share alike &by"), m_by);
    auto* view = new QTableView;
    view->setObjectName(QStringLiteral("splitRows"));
    view->setAccessibleName(tr("Rows that would be held out"));
    presentRows(view, m_model);
    view->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    view->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    connect(m_share, &QDoubleSpinBox::valueChanged, this, [this] { lookAheadSoon(); });
    connect(m_seed, &QSpinBox::valueChanged, this, [this] { lookAheadSoon(); });
    connect(m_by, &QComboBox::currentIndexChanged, this, [this] { lookAheadSoon(); });
    build(form, view);
}

// Rows with the same tags are one group.
data::SplitSettings DataSplit::settings() const
{
    const QString by = m_by->currentData().toString();
    data::SplitSettings settings;
    settings.share = m_share->value() / 100;
    settings.seed = static_cast<std::uint64_t>(m_seed->value());
    if (by != kByTags) {
        settings.stratifyBy = by.toStdString();
        return settings;
    }
    settings.stratum = data::stratumOfTags(m_document->tags());
    return settings;
}

void DataSplit::lookAhead()
{
    setNote(tr("Looking at the rows\u2026"), false);
    const auto work = [dataset = m_document->dataset(), settings = settings()](const JobControl& control) -> Result<Ahead> {
        data::WalkOptions options;
        options.cancel = control.cancel;
        auto sides = data::splitRows(*dataset, settings, options);
        if (!sides) {
            return sides.error();
        }
        auto lines = heldOutLines(*dataset, *sides);
        return Ahead{std::move(*sides), std::move(lines)};
    };
    m_ahead.start(this, work, [this](const Result<Ahead>& ahead) { takeAhead(ahead); });
}

void DataSplit::takeAhead(const Result<Ahead>& ahead)
{
    if (!ahead) {
        setNote(QString::fromStdString(ahead.message()), false);
        return;
    }
    m_sides = ahead->sides;
    m_model->setLines(ahead->lines);
    const data::SplitCounts counts = data::countSides(m_sides);
    QString note = tr("%1 rows to learn from, %2 held out.").arg(number(counts.train), number(counts.heldOut));
    if (counts.left > 0) {
        note += u' ' + tr("%Ln excluded or broken row(s) are left out.", nullptr, static_cast<int>(counts.left));
    }
    const bool isUseful = counts.train > 0 && counts.heldOut > 0;
    if (!isUseful) {
        note += u' ' + tr("One side would be empty: take another share, or more rows. Made rows are never held out.");
    } else {
        note += u' ' + tr("The two files are named .train and .held_out.");
    }
    setNote(note, isUseful);
}

DataMaking::Work DataSplit::making(const QString& path)
{
    return [dataset = m_document->dataset(), sides = m_sides, path](const JobControl& control) -> Result<Made> {
        const QString train = besideOf(path, "train");
        const QString heldOut = besideOf(path, "held_out");
        for (const QString& file : {train, heldOut}) {
            if (auto isNew = mustBeNew(file); !isNew) {
                return isNew.error();
            }
        }
        data::WalkOptions options;
        options.cancel = control.cancel;
        options.progress = control.progress;
        const auto counts = data::writeSplit(*dataset, sides, train.toStdString(), heldOut.toStdString(), options);
        if (!counts) {
            return counts.error();
        }
        return Made{{heldOut, train},
                    tr("%1 rows to learn from lie in %2, %3 held out in %4. Name the second on Tune as the held-out file.")
                        .arg(number(counts->train), QFileInfo(train).fileName(), number(counts->heldOut), QFileInfo(heldOut).fileName())};
    };
}

} // namespace luthier::ui
