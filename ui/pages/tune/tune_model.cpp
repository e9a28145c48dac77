// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_model.h"

#include "core/base/paths.h"
#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/forms/set_field.h"
#include "ui/forms/settings_form.h"
#include "ui/theme/icons.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/file_dialog.h"
#include "ui/workspace/model_library.h"

#include <QComboBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QUndoStack>

namespace luthier::ui {
namespace {

const char kPath[] = "model.path";

struct FactRow {
    const char* id;
    const char* label; // source string, context "TuneModel"
    QString (*text)(const ModelFacts&);
};

constexpr FactRow kFacts[] = {
    {"family", QT_TRANSLATE_NOOP("luthier::ui::TuneModel", "Family"),
     [](const ModelFacts& facts) { return QString::fromStdString(facts.config.family); }},
    {"parameters", QT_TRANSLATE_NOOP("luthier::ui::TuneModel", "Parameters"),
     [](const ModelFacts& facts) { return shortCount(static_cast<double>(facts.config.numParameters())); }},
    {"size", QT_TRANSLATE_NOOP("luthier::ui::TuneModel", "On disk"), [](const ModelFacts& facts) { return byteText(facts.weightBytes); }},
    {"context", QT_TRANSLATE_NOOP("luthier::ui::TuneModel", "Context"),
     [](const ModelFacts& facts) {
         return TuneModel::tr("%1 tokens").arg(number(facts.config.maxPositions));
     }},
    {"layers", QT_TRANSLATE_NOOP("luthier::ui::TuneModel", "Layers"),
     [](const ModelFacts& facts) { return TuneModel::tr("%1 of width %2").arg(facts.config.layers).arg(facts.config.hidden); }},
    {"dtype", QT_TRANSLATE_NOOP("luthier::ui::TuneModel", "Stored as"),
     [](const ModelFacts& facts) { return QString::fromStdString(facts.config.dtype); }},
};

QString bundledFolder()
{
    return QString::fromStdString(base::bundledModel().string());
}

const config::Part& modelPart()
{
    return *RecipeDocument::find(QLatin1String(kPath)).part;
}

} // namespace

TuneModel::TuneModel(RecipeDocument* document, QUndoStack* undo, ModelLibrary* library, QWidget* parent)
    : Card(tr("This model"), parent), m_document(document), m_undo(undo), m_library(library), m_name(new QLabel), m_choices(new QComboBox), m_folder(new ElidedLabel(Token::TextQuiet, Qt::ElideMiddle)),
      m_problem(new StatusLabel(Token::Bad)), m_bundled(new QPushButton(tr("Use the bundled model"))),
      m_form(new SettingsForm(document, modelPart(), undo, {"path", "adapter"}))
{
    setObjectName(QStringLiteral("tuneModel"));
    m_name->setObjectName(QStringLiteral("modelName"));
    QFont heavy = textFont(TextSize::Body);
    heavy.setWeight(QFont::DemiBold);
    m_name->setFont(heavy);
    m_folder->setObjectName(QStringLiteral("modelFolder"));
    m_folder->setFont(textFont(TextSize::Small));
    m_problem->setObjectName(QStringLiteral("modelProblem"));
    m_problem->setWordWrap(true);
    m_bundled->setObjectName(QStringLiteral("useBundledModel"));
    m_bundled->setToolTip(tr("A small model that comes with Luthier and tunes in minutes on any computer"));
    auto* choose = new QPushButton(icon(QStringLiteral("folder-open")), tr("Choose a model\u2026"));
    choose->setObjectName(QStringLiteral("chooseModel"));
    choose->setToolTip(tr("A Hugging Face folder: config.json, safetensors weights and a tokenizer"));
    m_choices->setObjectName(QStringLiteral("modelChoice"));
    m_choices->setAccessibleName(tr("Models on this machine"));
    m_choices->setToolTip(tr("Models on this machine; the Models page adds and downloads more"));
    m_choices->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choices->setMinimumContentsLength(12);
    body()->addWidget(m_choices);
    body()->addWidget(m_name);
    body()->addWidget(m_folder);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(space(3));
    form->setVerticalSpacing(space(1));
    for (const FactRow& row : kFacts) {
        addFact(form, QLatin1String(row.id), tr(row.label));
    }
    body()->addLayout(form);
    body()->addWidget(m_problem);
    body()->addWidget(choose);
    body()->addWidget(m_bundled);
    body()->addWidget(m_form);
    body()->addStretch();
    connect(m_choices, &QComboBox::activated, this, [this](int row) { this->choose(m_choices->itemData(row).toString()); });
    connect(m_library, &ModelLibrary::changed, this, &TuneModel::fillChoices);
    connect(choose, &QPushButton::clicked, this, &TuneModel::askForFolder);
    connect(m_bundled, &QPushButton::clicked, this, [this] { this->choose(bundledFolder()); });
    connect(document, &RecipeDocument::changed, this, [this](const QString& key) {
        if (key.isEmpty() || key == QLatin1String(kPath)) {
            reload();
        }
    });
    reload();
}

void TuneModel::setStart(QWidget* start)
{
    body()->insertWidget(body()->indexOf(m_form), start);
}

void TuneModel::addFact(QFormLayout* form, const QString& id, const QString& label)
{
    auto* value = new QLabel;
    value->setObjectName(QStringLiteral("fact.") + id);
    value->setTextFormat(Qt::PlainText);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* title = new StatusLabel(label, Token::TextQuiet);
    form->addRow(title, value);
}

void TuneModel::reload()
{
    const QString folder = QString::fromStdString(m_document->config().model.path);
    if (folder == m_facts.folder && !folder.isEmpty()) {
        return;
    }
    fillChoices();
    m_name->setText(folder.isEmpty() ? tr("No model chosen") : QString::fromStdString(hub::modelNameOf(folder.toStdString())));
    m_folder->setText(QFileInfo(folder).path());
    m_folder->setToolTip(folder);
    m_bundled->setVisible(folder != bundledFolder());
    if (folder.isEmpty()) {
        take({});
        return;
    }
    m_job.start(this, [folder] { return readModelFacts(folder); }, [this](const ModelFacts& facts) { take(facts); });
}

void TuneModel::take(const ModelFacts& facts)
{
    m_facts = facts;
    const bool known = facts.config.layers > 0;
    for (const FactRow& row : kFacts) {
        findChild<QLabel*>(QStringLiteral("fact.") + QLatin1String(row.id))->setText(known ? row.text(facts) : QStringLiteral("\u2013"));
    }
    m_problem->setText(problemSentence(facts.problem));
    m_problem->setVisible(!facts.problem.isEmpty());
    Q_EMIT factsChanged();
}

void TuneModel::choose(const QString& folder)
{
    m_undo->push(new SetField(m_document, RecipeDocument::find(QLatin1String(kPath)), folder.toStdString()));
}

void TuneModel::fillChoices()
{
    const QString folder = QString::fromStdString(m_document->config().model.path);
    m_choices->clear();
    for (const hub::InstalledModel& model : m_library->models()) {
        const QString path = QString::fromStdString(model.path.string());
        if (model.problem.empty()) {
            m_choices->addItem(QString::fromStdString(model.name), path);
            m_choices->setItemData(m_choices->count() - 1, path, Qt::ToolTipRole);
        }
    }
    if (m_choices->findData(folder) < 0 && !folder.isEmpty()) {
        m_choices->addItem(QString::fromStdString(hub::modelNameOf(folder.toStdString())), folder);
    }
    m_choices->setCurrentIndex(m_choices->findData(folder));
}

void TuneModel::askForFolder()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("model"), tr("Choose a model folder"), QFileDialog::Directory, {}, QString::fromStdString(m_document->config().model.path));
    connect(dialog, &QFileDialog::fileSelected, this, &TuneModel::choose);
    dialog->open();
}

} // namespace luthier::ui
