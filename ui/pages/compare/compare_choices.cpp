// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_choices.h"

#include "core/hub/installed_models.h"
#include "ui/bridge/job.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/workspace/model_library.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>

#include <algorithm>

namespace luthier::ui {
namespace {

QComboBox* makeBox(const QString& id, const QString& name, const QString& help)
{
    auto* box = new QComboBox;
    box->setObjectName(id);
    box->setAccessibleName(name);
    box->setToolTip(help);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(16);
    return box;
}

QPushButton* makeFolderButton(const QString& id, const QString& text, const QString& name, const QString& help)
{
    auto* button = new QPushButton(text);
    button->setObjectName(id);
    button->setAccessibleName(name);
    button->setToolTip(help);
    button->setAutoDefault(false);
    return button;
}

} // namespace

CompareChoices::CompareChoices(ModelLibrary* library, QWidget* parent)
    : QWidget(parent), m_library(library),
      m_model(makeBox(QStringLiteral("baseModel"), tr("Base model"), tr("The model before tuning, of those on this machine. A run brings its own."))),
      m_tuned(makeBox(QStringLiteral("tunedRun"), tr("Tuned model"),
                      tr("The tuned contender: what a run of this project made, also the best of its steps or the checkpoint of a stopped one, or a folder")))
{
    auto* modelFolder = makeFolderButton(QStringLiteral("chooseModel"), tr("Folder\u2026"), tr("Choose a model folder"),
                                         tr("Choose the folder of another base model"));
    auto* tunedFolder = makeFolderButton(QStringLiteral("chooseTuned"), tr("Folder\u2026"), tr("Choose a tuned folder"),
                                         tr("Choose an adapter folder, or the folder of a tuned model"));
    auto* baseLabel = new QLabel(tr("&Base"));
    baseLabel->setBuddy(m_model);
    auto* tunedLabel = new QLabel(tr("T&uned"));
    tunedLabel->setBuddy(m_tuned);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(baseLabel);
    layout->addWidget(m_model, 1);
    layout->addWidget(modelFolder);
    layout->addSpacing(fontMetrics().height());
    layout->addWidget(tunedLabel);
    layout->addWidget(m_tuned, 1);
    layout->addWidget(tunedFolder);
    connect(modelFolder, &QPushButton::clicked, this, &CompareChoices::askForModelFolder);
    connect(tunedFolder, &QPushButton::clicked, this, &CompareChoices::askForTunedFolder);
    connect(m_tuned, &QComboBox::currentIndexChanged, this, &CompareChoices::onTunedChosen);
    connect(m_model, &QComboBox::currentIndexChanged, this, [this] {
        m_wanted = model();
        Q_EMIT chosen();
    });
    connect(m_library, &ModelLibrary::changed, this, &CompareChoices::fillModels);
    fillModels();
}

const TunedRun* CompareChoices::tuned() const
{
    const int index = m_tuned->currentIndex();
    if (index < 0) {
        return nullptr;
    }
    const auto at = static_cast<std::size_t>(index);
    const TunedRun* run = at < m_runs.size() ? &m_runs[at] : &m_folders[at - m_runs.size()];
    return run->checkpoint > 0 ? nullptr : run; // else it is being made to answer
}

QString CompareChoices::model() const
{
    return m_model->currentData().toString();
}

QString CompareChoices::modelName() const
{
    return m_model->currentText();
}

std::vector<TunedRun> CompareChoices::siblings() const
{
    std::vector<TunedRun> others;
    const TunedRun* run = tuned();
    if (run == nullptr || !run->isAdapter || run->model.isEmpty()) {
        return others;
    }
    for (const TunedRun& other : m_runs) {
        if (other.isAdapter && other.checkpoint == 0 && other.model == run->model && other.result != run->result) {
            others.push_back(other);
        }
    }
    return others;
}

void CompareChoices::fill()
{
    const QString current = m_tuned->currentData().toString();
    {
        const QSignalBlocker blocker(m_tuned);
        m_tuned->clear();
        for (const TunedRun& run : m_runs) {
            m_tuned->addItem(run.name, run.result);
            m_tuned->setItemData(m_tuned->count() - 1, run.result, Qt::ToolTipRole);
        }
        for (const TunedRun& run : m_folders) {
            m_tuned->addItem(run.name, run.result);
            m_tuned->setItemData(m_tuned->count() - 1, run.result, Qt::ToolTipRole);
        }
        const int kept = m_tuned->findData(current);
        m_tuned->setCurrentIndex(kept >= 0 ? kept : std::min(0, m_tuned->count() - 1));
    }
    if (m_tuned->currentData().toString() != current) {
        onTunedChosen();
    }
}

void CompareChoices::setRuns(std::vector<TunedRun> runs)
{
    m_runs = std::move(runs);
    for (TunedRun& run : m_runs) {
        takeMade(run);
    }
    fill();
}

// Of a checkpoint that answers already.
void CompareChoices::takeMade(TunedRun& run) const
{
    if (const auto made = m_made.find(run.result); run.checkpoint > 0 && made != m_made.end()) {
        run.result = made->second;
        run.checkpoint = 0;
    }
}

// A checkpoint is made to answer when it is chosen.
bool CompareChoices::makeChosen()
{
    const int index = m_tuned->currentIndex();
    if (index < 0 || static_cast<std::size_t>(index) >= m_runs.size() || m_runs[static_cast<std::size_t>(index)].checkpoint == 0) {
        return false;
    }
    const TunedRun run = m_runs[static_cast<std::size_t>(index)];
    startJob(this, [run] { return resultOf(run); }, [this, id = run.result](const Result<QString>& made) {
        if (!made) {
            Q_EMIT problemFound(QString::fromStdString(made.message()));
            return;
        }
        m_made[id] = *made;
        const bool isChosen = m_tuned->currentData().toString() == id;
        for (std::size_t i = 0; i < m_runs.size(); ++i) {
            if (m_runs[i].checkpoint > 0 && m_runs[i].result == id) {
                takeMade(m_runs[i]);
                m_tuned->setItemData(static_cast<int>(i), *made);
                m_tuned->setItemData(static_cast<int>(i), *made, Qt::ToolTipRole);
            }
        }
        if (isChosen) {
            onTunedChosen();
        }
    });
    return true;
}

void CompareChoices::setDefaultModel(const QString& folder)
{
    if (m_wanted.isEmpty()) {
        chooseModel(folder);
    }
}

// What is wanted stays, also where the library does not know it: a run's base may lie anywhere.
void CompareChoices::fillModels()
{
    const QSignalBlocker blocker(m_model);
    m_model->clear();
    const auto add = [this](const QString& name, const QString& path) {
        m_model->addItem(name, path);
        m_model->setItemData(m_model->count() - 1, path, Qt::ToolTipRole);
    };
    for (const hub::InstalledModel& model : m_library->models()) {
        if (model.problem.empty()) {
            add(QString::fromStdString(model.name), QString::fromStdString(model.path.string()));
        }
    }
    if (m_model->findData(m_wanted) < 0 && !m_wanted.isEmpty()) {
        add(QString::fromStdString(hub::modelNameOf(m_wanted.toStdString())), m_wanted);
    }
    m_model->setCurrentIndex(m_model->findData(m_wanted));
}

void CompareChoices::chooseModel(const QString& path)
{
    if (path.isEmpty() || path == m_wanted) {
        return;
    }
    m_wanted = path;
    fillModels();
    Q_EMIT chosen();
}

void CompareChoices::onTunedChosen()
{
    if (makeChosen()) {
        Q_EMIT chosen(); // nobody yet
        return;
    }
    if (const TunedRun* run = tuned(); run != nullptr && !run->model.isEmpty()) {
        m_wanted = run->model;
        fillModels();
    }
    Q_EMIT chosen();
}

bool CompareChoices::chooseRun(store::RunId id)
{
    const auto at = std::find_if(m_runs.begin(), m_runs.end(), [id](const TunedRun& run) { return run.id == id; });
    if (at != m_runs.end()) {
        m_tuned->setCurrentIndex(static_cast<int>(at - m_runs.begin()));
    }
    return at != m_runs.end();
}

// Of a checkpoint that answers by now: what is listed of it until it is made to answer again.
QString CompareChoices::tunedId() const
{
    const QString id = m_tuned->currentData().toString();
    const auto listed = std::find_if(m_made.begin(), m_made.end(), [&id](const auto& made) { return made.second == id; });
    return listed == m_made.end() ? id : listed->first;
}

bool CompareChoices::chooseTuned(const QString& id)
{
    const auto made = m_made.find(id);
    const int index = std::max(m_tuned->findData(id), made == m_made.end() ? -1 : m_tuned->findData(made->second));
    if (index >= 0) {
        m_tuned->setCurrentIndex(index);
    }
    return index >= 0;
}

void CompareChoices::openTunedFolder(const QString& folder)
{
    startJob(this, [folder] { return readTunedFolder(folder); }, [this](const Result<TunedRun>& run) {
        if (!run) {
            Q_EMIT problemFound(QString::fromStdString(run.message()));
            return;
        }
        m_folders.push_back(*run);
        fill();
        m_tuned->setCurrentIndex(m_tuned->count() - 1);
    });
}

void CompareChoices::askForTunedFolder()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("adapter"), tr("Open a tuned model"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, &CompareChoices::openTunedFolder);
    dialog->open();
}

void CompareChoices::askForModelFolder()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("model"), tr("Choose the base model"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        m_library->add(path); // remembered, for the other pages too
        chooseModel(path);
    });
    dialog->open();
}

} // namespace luthier::ui
