// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the map's window and what they are connected to.
#include "ui/models/data/data_losses.h"
#include "ui/pages/data/windows/data_map.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/number_fields.h"
#include "ui/widgets/point_map.h"

#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QSpinBox>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr QSize kSize(760, 720);

} // namespace

DataMap::DataMap(DataDocument* document, std::shared_ptr<store::Project> project, const QString& model, QWidget* parent)
    : QDialog(parent), m_document(document), m_project(std::move(project)), m_modelPath(model), m_note(new QLabel), m_legend(new QLabel),
      m_features(new QComboBox), m_coloring(new QComboBox), m_edges(new QComboBox),
      m_start(makeButton(QStringLiteral("makeMap"), tr("Make the map"), tr("Reads every row, at most 100,000 of them, and lays like rows near each other"))),
      m_progress(new QProgressBar), m_stack(new QStackedWidget), m_points(new PointMap), m_empty(new QLabel), m_count(new WholeField),
      m_pick(makeButton(QStringLiteral("pickDiverse"), tr("&Pick diverse rows"), tr("Shows as many rows as given that differ most from each other"))),
      m_tag(new QLineEdit), m_setTag(makeButton(QStringLiteral("tagChosen"), tr("&Tag them"), tr("Tags the rows chosen on the map; undo takes it back")))
{
    setObjectName(QStringLiteral("dataMap"));
    setWindowTitle(tr("Map of the rows"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(kSize.boundedTo(parent == nullptr ? kSize : parent->window()->size())); // not larger than what it stands over
    build();
    connect(m_start, &QPushButton::clicked, this, &DataMap::start);
    connect(m_coloring, &QComboBox::currentIndexChanged, this, &DataMap::showColors);
    connect(m_coloring, &QComboBox::activated, this, [this] { m_isColored = true; });
    connect(m_features, &QComboBox::activated, this, [this] {
        if (!isRunning()) {
            start();
        }
    });
    connect(document->losses(), &DataLosses::changed, this, &DataMap::showColors);
    connect(m_edges, &QComboBox::activated, this, &DataMap::showEdges);
    connect(m_pick, &QPushButton::clicked, this, &DataMap::pickDiverseRows);
    connect(m_setTag, &QPushButton::clicked, this, &DataMap::tagChosen);
    connect(m_tag, &QLineEdit::textChanged, this, &DataMap::showState);
    connect(m_points, &PointMap::hovered, this, &DataMap::showFirstWords);
    connect(m_points, &PointMap::activated, this, [this](int point) { Q_EMIT rowWanted(m_map->features.rows[static_cast<std::size_t>(point)]); });
    connect(m_points, &PointMap::picked, this, [this](const std::vector<std::size_t>& points) {
        std::vector<std::int64_t> rows;
        for (const std::size_t point : points) {
            rows.push_back(m_map->features.rows[point]);
        }
        choose(tr("Chosen on the map"), rows);
    });
    connect(document, &DataDocument::tagsChanged, this, &DataMap::showColors);
    connect(document, &QObject::destroyed, this, &QDialog::close);
    start();
}

void DataMap::build()
{
    for (QLabel* label : {m_note, m_legend, m_empty}) {
        label->setWordWrap(true);
    }
    m_note->setObjectName(QStringLiteral("mapNote"));
    m_legend->setObjectName(QStringLiteral("mapLegend"));
    m_legend->setTextFormat(Qt::RichText);
    m_empty->setObjectName(QStringLiteral("mapEmpty"));
    m_empty->setAlignment(Qt::AlignCenter);
    m_progress->setObjectName(QStringLiteral("mapProgress"));
    m_progress->setAccessibleName(tr("Progress of the map"));
    m_progress->setRange(0, static_cast<int>(kMapParts));
    m_progress->setTextVisible(false);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_points);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(buildTools());
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_legend);
    layout->addWidget(m_note);
    layout->addWidget(m_progress);
    layout->addLayout(buildPicking());
}

QHBoxLayout* DataMap::buildTools()
{
    m_coloring->setObjectName(QStringLiteral("mapColoring"));
    m_coloring->setAccessibleName(tr("Colour of the points"));
    m_coloring->setToolTip(tr("What gives a point its colour: tags (a row with several takes the first), labels, groups of like rows, or what the newest run measured"));
    m_coloring->addItems({tr("One colour"), tr("Coloured by tag"), tr("Coloured by label"), tr("Coloured by group"), tr("Coloured by loss before"),
                          tr("Coloured by loss after")}); // in the order of Coloring
    m_features->setObjectName(QStringLiteral("mapFeatures"));
    m_features->setAccessibleName(tr("What rows are compared by"));
    m_features->setToolTip(tr("Rows lie near each other that share rare words, or whose tokens the model in use holds for alike (%1)").arg(QFileInfo(m_modelPath).fileName()));
    m_features->addItems({tr("By words"), tr("By the model")});
    m_edges->setObjectName(QStringLiteral("mapEdges"));
    m_edges->setAccessibleName(tr("Edge cases"));
    m_edges->setToolTip(tr("Shows at most a hundred rows: those least like all others, the longest, or those with the highest loss in the newest run that measured them"));
    m_edges->addItems({tr("Edge cases\u2026"), tr("The rarest rows"), tr("The longest rows"), tr("The hardest rows")});
    auto* all = makeButton(QStringLiteral("mapAll"), tr("Show &all"), tr("Shows the whole map, and all rows in the table"));
    connect(all, &QPushButton::clicked, this, [this] {
        m_points->showAll();
        choose({}, {});
    });
    auto* tools = new QHBoxLayout;
    tools->addWidget(m_features);
    tools->addWidget(m_coloring);
    tools->addWidget(m_edges);
    tools->addWidget(all);
    tools->addStretch();
    tools->addWidget(m_start);
    return tools;
}

QHBoxLayout* DataMap::buildPicking()
{
    m_count->setObjectName(QStringLiteral("diverseCount"));
    m_count->setAccessibleName(tr("Number of diverse rows"));
    m_count->setToolTip(tr("How many rows to pick, 1 to the number of rows; 100 to 1,000 are usual"));
    m_count->setMinimum(1);
    m_tag->setObjectName(QStringLiteral("mapTag"));
    m_tag->setAccessibleName(tr("Tag for the chosen rows"));
    m_tag->setPlaceholderText(tr("Tag for the chosen rows"));
    auto* close = makeButton(QStringLiteral("closeMap"), tr("Close"), tr("Closes this window (Esc)"));
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    for (QPushButton* button : {m_start, m_pick, m_setTag, close}) {
        button->setAutoDefault(false); // Enter on the map takes what is in sight
    }
    auto* picking = new QHBoxLayout;
    picking->addWidget(m_count);
    picking->addWidget(m_pick);
    picking->addSpacing(space(2));
    picking->addWidget(m_tag, 1);
    picking->addWidget(m_setTag);
    picking->addSpacing(space(2));
    picking->addWidget(close);
    return picking;
}

} // namespace luthier::ui
