// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/making/data_generate.h"

#include "core/data/example_text.h"
#include "ui/base/amounts.h"
#include "ui/models/text_table.h"
#include "ui/theme/theme.h"
#include "ui/widgets/file_dialog.h"
#include "ui/widgets/named_button.h"
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

QString said(const char* source)
{
    return QCoreApplication::translate("GenerationWay", source);
}

} // namespace

DataGenerate::DataGenerate(DataDocument* document, const QString& folder, const QString& model, double share, std::int64_t seed, QWidget* parent)
    : DataMaking(document, folder,
                 {QStringLiteral("generate"), tr("Let a model make rows"), QStringLiteral("review"), tr("&Generate"),
                  tr("The model makes rows that wait for your review; Stop keeps what is made until then")},
                 parent),
      m_model(new TextTable({tr("Row"), tr("Prompt"), tr("Answer")}, this)), m_modelPath(model), m_rows(new WholeField), m_times(new WholeField),
      m_maxNew(new WholeField), m_temperature(new RealField), m_share(new RealField), m_seed(seed)
{
    m_share->setValue(share * 100);
    auto* view = new QTableView;
    view->setObjectName(QStringLiteral("generateRows"));
    view->setAccessibleName(tr("Rows that the model is asked about"));
    presentRows(view, m_model);
    view->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    view->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    QLayout* options = buildOptions();
    build(options, view);
}

QLayout* DataGenerate::buildOptions()
{
    auto* column = new QVBoxLayout;
    auto* top = new QHBoxLayout;
    auto* model = new QLabel(tr("Made by %1, the model in use on Tune").arg(QFileInfo(m_modelPath).fileName()));
    model->setToolTip(m_modelPath);
    auto* review = makeButton(QStringLiteral("reviewFile"), tr("Re&view a file\u2026"), tr("Go on with the review of rows that were made before"));
    connect(review, &QPushButton::clicked, this, &DataGenerate::chooseReview);
    top->addWidget(model, 1);
    top->addWidget(review);
    column->addLayout(top);
    auto* ways = new QHBoxLayout;
    for (const data::GenerationWay& way : data::generationWays()) {
        auto* box = new QCheckBox(said(way.label));
        box->setObjectName(QStringLiteral("make.") + QLatin1String(way.id));
        box->setToolTip(said(way.help));
        box->setChecked(m_ways.empty());
        connect(box, &QCheckBox::toggled, this, [this] { lookAheadSoon(); });
        ways->addWidget(box);
        m_ways.push_back(box);
    }
    ways->addStretch();
    column->addLayout(ways);
    auto* grid = new QGridLayout;
    int place = 0;
    const auto add = [this, grid, &place](const QString& name, QAbstractSpinBox* box, const QString& id, const QString& help) {
        auto* label = new QLabel(name);
        label->setBuddy(box);
        box->setObjectName(id);
        box->setToolTip(help);
        grid->addWidget(label, place / 3, place % 3 * 2);
        grid->addWidget(box, place / 3, place % 3 * 2 + 1);
        ++place;
    };
    add(tr("&Rows"), m_rows, QStringLiteral("generateFirst"), tr("How many rows the model is asked about, from the beginning; usually 20 at first"));
    add(tr("&Times"), m_times, QStringLiteral("generateTimes"), tr("New rows of each kind for every row, 1 to 100; usually 1"));
    add(tr("To&kens"), m_maxNew, QStringLiteral("generateTokens"), tr("Most tokens of an answer, 1 to 32,768; usually 256. What is not finished by then is dropped"));
    add(tr("Temp&erature"), m_temperature, QStringLiteral("generateTemperature"), tr("How freely it words, 0 to 5; usually 0.8"));
    add(tr("&Spare held-out"), m_share, QStringLiteral("generateShare"), tr("Nothing is made from the rows that training holds out; as on Tune, usually 10 %"));
    grid->setColumnStretch(6, 1);
    column->addLayout(grid);
    m_rows->setRange(1, 1'000'000);
    m_rows->setValue(20);
    m_times->setRange(1, 100);
    m_maxNew->setRange(1, 32768);
    m_maxNew->setValue(256);
    m_temperature->setRange(0, 5);
    m_temperature->setSingleStep(0.1);
    m_temperature->setValue(0.8);
    m_share->setRange(0, 90);
    m_share->setDecimals(1);
    m_share->setSuffix(QStringLiteral(" %"));
    for (QSpinBox* box : {m_rows, m_times, m_maxNew}) {
        connect(box, &QSpinBox::valueChanged, this, [this] { lookAheadSoon(); });
    }
    connect(m_share, &QDoubleSpinBox::valueChanged, this, [this] { lookAheadSoon(); });
    return column;
}

void DataGenerate::chooseReview()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("made"), tr("Review a file"), QFileDialog::ExistingFile,
                                     {tr("Rows that wait (*.review*.jsonl)"), tr("All files (*)")}, QFileInfo(path()).path());
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        Q_EMIT reviewWanted(file);
        close();
    });
    dialog->open();
}

GenerationSettings DataGenerate::settings() const
{
    GenerationSettings settings;
    settings.model = m_modelPath.toStdString();
    for (std::size_t i = 0; i < m_ways.size(); ++i) {
        if (m_ways[i]->isChecked()) {
            settings.ways.push_back(&data::generationWays()[i]);
        }
    }
    settings.rows = m_rows->value();
    settings.times = m_times->value();
    settings.maxNew = m_maxNew->value();
    settings.temperature = m_temperature->value();
    settings.heldOutShare = m_share->value() / 100;
    settings.seed = static_cast<std::uint64_t>(m_seed);
    return settings;
}

void DataGenerate::lookAhead()
{
    const auto work = [dataset = m_document->dataset(), settings = settings()](const JobControl& control) -> Result<Ahead> {
        data::WalkOptions options;
        options.cancel = control.cancel;
        const auto rows = inference::rowsToGenerateFrom(*dataset, settings, options);
        if (!rows) {
            return rows.error();
        }
        Ahead ahead;
        for (const std::int64_t row : *rows) {
            const auto example = dataset->example(row);
            ahead.lines.push_back({number(row + 1), example ? QString::fromStdString(data::promptTextOf(*example)) : QString(),
                                   example ? QString::fromStdString(data::answerTextOf(*example)) : QString()});
        }
        return ahead;
    };
    m_ahead.start(this, work, [this](const Result<Ahead>& ahead) {
        if (!ahead) {
            setNote(QString::fromStdString(ahead.message()), false);
            return;
        }
        m_model->setLines(ahead->lines);
        const auto asked = static_cast<std::int64_t>(ahead->lines.size() * settings().ways.size()) * m_times->value();
        if (settings().ways.empty()) {
            setNote(tr("Tick what the model shall make."), false);
        } else if (asked == 0) {
            setNote(tr("No row is left to ask about: all are excluded, held out or made themselves."), false);
        } else {
            setNote(tr("The model is asked %1 times, about these rows. What it makes waits for your review and is never held out.").arg(number(asked)), true);
        }
    });
}

DataMaking::Work DataGenerate::making(const QString& path)
{
    m_enough = {};
    return [dataset = m_document->dataset(), settings = settings(), path, enough = m_enough](const JobControl& control) -> Result<Made> {
        if (auto isNew = mustBeNew(path); !isNew) {
            return isNew.error();
        }
        const auto counts = generateRows(*dataset, settings, path.toStdString(), control, enough);
        if (!counts) {
            return counts.error();
        }
        QString sentence = tr("%1 made rows wait for review in %2.").arg(number(counts->made), QFileInfo(path).fileName());
        if (counts->refused > 0) {
            sentence += u' ' + tr("%1 times nothing came of it; the first: %2").arg(number(counts->refused), QString::fromStdString(counts->firstRefused));
        }
        return Made{{path}, sentence};
    };
}

} // namespace luthier::ui
