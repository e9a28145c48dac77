// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/making/data_augment.h"

#include "core/data/field_path.h"
#include "core/data/row_fields.h"
#include "ui/base/amounts.h"
#include "ui/models/text_table.h"
#include "ui/theme/theme.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/number_fields.h"
#include "ui/widgets/row_view.h"

#include <QCheckBox>
#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSpinBox>
#include <QTableView>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr std::int64_t kSample = 200; // rows looked at before anything is made
constexpr double kUsualStrength = 0.1;
enum Column { RowColumn, WayColumn, BeforeColumn, AfterColumn };

QString said(const char* source)
{
    return QCoreApplication::translate("Augmentation", source);
}

QString textsOf(const data::DatasetFormat& format, const Json& row)
{
    QStringList texts;
    for (const data::RowField& field : data::fieldsOf(format, row)) {
        const auto text = data::textAt(row, field.path);
        if (text && !text->empty()) {
            texts += QString::fromStdString(*text);
        }
    }
    return texts.join(u'\n');
}

// Spread over the file, so that the beginning does not speak for all.
std::vector<QStringList> sampleLines(const data::Dataset& dataset, const data::AugmentSettings& settings, const base::CancelToken& cancel,
                                     std::int64_t& sampled)
{
    std::vector<QStringList> lines;
    const std::int64_t step = std::max<std::int64_t>(1, dataset.rowCount() / kSample);
    for (std::int64_t row = 0; row < dataset.rowCount() && !cancel.isCancelled(); row += step) {
        const auto json = dataset.row(row);
        if (!json || dataset.isExcluded(row) || data::isSynthetic(*json)) {
            continue;
        }
        ++sampled;
        for (const auto& [way, strength] : settings.ways) {
            if (const auto made = data::augmented(*way, *json, row + 1, settings.seed, strength)) {
                lines.push_back({number(row + 1), said(way->label), textsOf(dataset.format(), *json), textsOf(dataset.format(), *made)});
            }
        }
    }
    return lines;
}

} // namespace

DataAugment::DataAugment(DataDocument* document, const QString& folder, double share, std::int64_t seed, QWidget* parent)
    : DataMaking(document, folder,
                 {QStringLiteral("augment"), tr("Augment the rows"), QStringLiteral("augmented"), tr("&Augment"),
                  tr("Writes the rows and those made from them into a new file and opens it; this file stays as it is")},
                 parent),
      m_model(new TextTable({tr("Row"), tr("Way"), tr("Before"), tr("After")}, this)), m_times(new WholeField), m_share(new RealField),
      m_seed(seed), m_view(new QTableView), m_before(diffText(QStringLiteral("augmentBefore"), tr("Before"), tr("Before"))),
      m_after(diffText(QStringLiteral("augmentAfter"), tr("After"), tr("After")))
{
    m_share->setValue(share * 100);
    QLayout* options = buildOptions();
    build(options, buildPreview());
}

QLayout* DataAugment::buildOptions()
{
    auto* grid = new QGridLayout;
    const auto ways = data::augmentations();
    for (std::size_t i = 0; i < ways.size(); ++i) {
        auto* box = new QCheckBox(said(ways[i].label));
        box->setObjectName(QStringLiteral("way.") + QLatin1String(ways[i].id));
        box->setToolTip(said(ways[i].help));
        box->setChecked(i == 0);
        connect(box, &QCheckBox::toggled, this, [this] { lookAheadSoon(); });
        QDoubleSpinBox* strength = nullptr;
        if (ways[i].hasStrength) {
            strength = new RealField;
            strength->setObjectName(QStringLiteral("strength.") + QLatin1String(ways[i].id));
            //: of a way to change rows
            strength->setAccessibleName(tr("Strength of \u201c%1\u201d").arg(box->text()));
            strength->setToolTip(tr("How much noise, 0 to 1; usually 0.1"));
            strength->setRange(0, 1);
            strength->setSingleStep(0.05);
            strength->setValue(kUsualStrength);
            connect(strength, &QDoubleSpinBox::valueChanged, this, [this] { lookAheadSoon(); });
        }
        const int half = static_cast<int>(i % 2) * 3;
        const int line = static_cast<int>(i / 2);
        grid->addWidget(box, line, half);
        if (strength != nullptr) {
            grid->addWidget(strength, line, half + 1);
        }
        m_ways.push_back(box);
        m_strengths.push_back(strength);
    }
    grid->setColumnMinimumWidth(2, space(8));
    m_times->setObjectName(QStringLiteral("augmentTimes"));
    m_times->setRange(1, 100);
    m_times->setToolTip(tr("New rows of each way for every row, 1 to 100; usually 1"));
    m_share->setObjectName(QStringLiteral("augmentShare"));
    m_share->setRange(0, 90);
    m_share->setDecimals(1);
    m_share->setSuffix(QStringLiteral(" %"));
    m_share->setToolTip(tr("Nothing is made from the rows that training holds out, or the made ones would give their answers away; as on Tune, usually 10 %"));
    connect(m_times, &QSpinBox::valueChanged, this, [this] { lookAheadSoon(); });
    const int last = static_cast<int>((ways.size() + 1) / 2);
    auto* times = new QLabel(tr("&Times"));
    times->setBuddy(m_times);
    auto* share = new QLabel(tr("&Spare the held-out share"));
    share->setBuddy(m_share);
    grid->addWidget(times, last, 0);
    grid->addWidget(m_times, last, 1);
    grid->addWidget(share, last, 3);
    grid->addWidget(m_share, last, 4);
    grid->setColumnStretch(5, 1);
    return grid;
}

QWidget* DataAugment::buildPreview()
{
    m_view->setObjectName(QStringLiteral("augmentRows"));
    m_view->setAccessibleName(tr("What some rows would become"));
    presentRows(m_view, m_model);
    m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_view->horizontalHeader()->setSectionResizeMode(RowColumn, QHeaderView::ResizeToContents);
    m_view->horizontalHeader()->setSectionResizeMode(WayColumn, QHeaderView::ResizeToContents);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { showLine(current.row()); });
    auto* preview = new QWidget;
    auto* sides = new QHBoxLayout;
    sides->addWidget(m_before);
    sides->addWidget(m_after);
    auto* column = new QVBoxLayout(preview);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_view, 3);
    column->addLayout(sides, 2);
    return preview;
}

data::AugmentSettings DataAugment::settings() const
{
    data::AugmentSettings settings;
    settings.times = m_times->value();
    settings.heldOutShare = m_share->value() / 100;
    settings.seed = static_cast<std::uint64_t>(m_seed);
    for (std::size_t i = 0; i < m_ways.size(); ++i) {
        if (m_ways[i]->isChecked()) {
            settings.ways.emplace_back(&data::augmentations()[i], m_strengths[i] == nullptr ? kUsualStrength : m_strengths[i]->value());
        }
    }
    return settings;
}

void DataAugment::lookAhead()
{
    const auto work = [dataset = m_document->dataset(), settings = settings()](const JobControl& control) {
        Ahead ahead;
        ahead.lines = sampleLines(*dataset, settings, control.cancel, ahead.sampled);
        return ahead;
    };
    m_ahead.start(this, work, [this](const Ahead& ahead) { takeAhead(ahead); });
}

void DataAugment::takeAhead(const Ahead& ahead)
{
    m_model->setLines(ahead.lines);
    m_view->setCurrentIndex(m_model->index(0, 0));
    showLine(ahead.lines.empty() ? -1 : 0);
    const bool hasWay = !settings().ways.empty();
    if (!hasWay) {
        setNote(tr("Tick what may be changed; what comes of it is shown here before anything is written."), false);
    } else if (ahead.lines.empty()) {
        setNote(tr("None of the rows looked at has anything that these ways could change."), false);
    } else {
        const double each = static_cast<double>(ahead.lines.size()) / static_cast<double>(std::max<std::int64_t>(ahead.sampled, 1));
        const double whole = each * static_cast<double>(m_document->rowCount()) * m_times->value() * (1 - m_share->value() / 100);
        setNote(tr("About %1 rows would be made beside the %2 there are, judged by %3 of them. Answers stay as they are; "
                   "each made row is marked and never held out.")
                    .arg(number(static_cast<std::int64_t>(whole)), number(m_document->rowCount()), number(ahead.sampled)),
                true);
    }
}

void DataAugment::showLine(int line)
{
    const bool has = line >= 0 && line < m_model->rowCount();
    const QString before = has ? m_model->line(line)[BeforeColumn] : QString();
    const QString after = has ? m_model->line(line)[AfterColumn] : QString();
    const WordDiff diff = wordDiff(before, after);
    m_before->setText(before);
    m_before->setDifferences(diff.left);
    m_after->setText(after);
    m_after->setDifferences(diff.right);
}

DataMaking::Work DataAugment::making(const QString& path)
{
    return [dataset = m_document->dataset(), settings = settings(), path](const JobControl& control) -> Result<Made> {
        if (auto isNew = mustBeNew(path); !isNew) {
            return isNew.error();
        }
        data::WalkOptions options;
        options.cancel = control.cancel;
        options.progress = control.progress;
        const auto counts = data::writeAugmented(*dataset, settings, path.toStdString(), options);
        if (!counts) {
            return counts.error();
        }
        return Made{{path}, tr("%1 rows and %2 made from them lie in %3.")
                                .arg(number(counts->kept), number(counts->made), QFileInfo(path).fileName())};
    };
}

} // namespace luthier::ui
