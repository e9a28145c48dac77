// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_sets.h"

#include "core/store/prompt_sets.h"
#include "ui/base/window_sentence.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/buttons/tool_button.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListView>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

namespace luthier::ui {
CompareSets::CompareSets(QWidget* parent)
    : QWidget(parent), m_prompts(new PromptListModel(this)), m_names(new QComboBox), m_list(new QListView),
      m_keep(makeToolButton(QStringLiteral("setKeep"), tr("Keep the prompt"), tr("Put the prompt that stands in the box into this set; a new name makes a new set"))),
      m_import(makeToolButton(QStringLiteral("setImport"), tr("From a file\u2026"), tr("Make a set out of a file of prompts, conversations, or questions with answers"))),
      m_remove(makeToolButton(QStringLiteral("setRemovePrompt"), tr("Take out"), tr("Take the chosen prompt out of this set"))),
      m_removeSet(makeToolButton(QStringLiteral("setRemove"), tr("Remove the set"), tr("Remove this set; what was compared stays"))), m_problem(new StatusLabel(Token::TextQuiet))
{
    m_names->setObjectName(QStringLiteral("setNames"));
    m_names->setAccessibleName(tr("Set of prompts"));
    m_names->setToolTip(tr("Sets of prompts of this project; type a new name to begin one"));
    m_names->setEditable(true);
    m_names->setInsertPolicy(QComboBox::NoInsert);
    m_names->lineEdit()->setPlaceholderText(tr("Name of a set"));
    m_names->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_list->setObjectName(QStringLiteral("setPrompts"));
    m_list->setAccessibleName(tr("Prompts of the set"));
    m_list->setToolTip(tr("Choose a prompt; Return or a double click asks it at once"));
    m_list->setModel(m_prompts);
    m_list->setUniformItemSizes(true);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_problem->setObjectName(QStringLiteral("setProblem"));
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* above = new QHBoxLayout;
    above->addWidget(m_keep);
    above->addWidget(m_import);
    above->addStretch(1);
    auto* below = new QHBoxLayout;
    below->addWidget(m_remove);
    below->addWidget(m_removeSet);
    below->addStretch(1);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_names);
    layout->addLayout(above);
    layout->addWidget(m_problem);
    layout->addWidget(m_list, 1);
    layout->addLayout(below);
    connect(m_names, &QComboBox::activated, this, &CompareSets::readSet);
    connect(m_keep, &QToolButton::clicked, this, &CompareSets::keepWanted);
    connect(m_import, &QToolButton::clicked, this, [this] {
        auto* dialog = openDialog(this, QStringLiteral("data"), tr("Choose a file of prompts"), QFileDialog::ExistingFile, dataFilters());
        connect(dialog, &QFileDialog::fileSelected, this, &CompareSets::importFile);
        dialog->open();
    });
    connect(m_remove, &QToolButton::clicked, this, [this] {
        const int row = m_list->currentIndex().row();
        if (row >= 0) {
            change([row, set = name()](store::Project& project) -> Result<QString> {
                auto done = store::removeFromPromptSet(project, set.toStdString(), row);
                return done ? Result<QString>(set) : done.error();
            });
        }
    });
    connect(m_removeSet, &QToolButton::clicked, this, [this] {
        change([set = name()](store::Project& project) -> Result<QString> {
            auto done = store::removePromptSet(project, set.toStdString());
            return done ? Result<QString>(QString()) : done.error();
        });
    });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        m_remove->setEnabled(index.isValid());
        if (index.isValid()) {
            Q_EMIT promptChosen(m_prompts->item(index.row()));
        }
    });
    connect(m_list, &QListView::activated, this, [this](const QModelIndex& index) { Q_EMIT promptActivated(m_prompts->item(index.row())); });
    setProject(nullptr);
}

QString CompareSets::name() const
{
    return m_names->currentText().trimmed();
}

void CompareSets::setProject(std::shared_ptr<store::Project> project)
{
    m_project = std::move(project);
    setEnabled(m_project != nullptr);
    m_names->clear();
    m_prompts->setItems({});
    m_remove->setEnabled(false);
    m_removeSet->setEnabled(false);
    readNames({});
}

void CompareSets::readNames(const QString& wanted)
{
    if (!m_project) {
        return;
    }
    const auto work = [project = m_project] {
        QStringList names;
        for (const std::string& name : store::promptSets(*project)) {
            names += QString::fromStdString(name);
        }
        return names;
    };
    m_listing.start(this, work, [this, wanted, project = m_project](const QStringList& names) {
        if (project != m_project) {
            return;
        }
        const QString shown = wanted.isEmpty() ? name() : wanted;
        const QSignalBlocker blocker(m_names);
        m_names->clear();
        m_names->addItems(names);
        const int place = static_cast<int>(names.indexOf(shown));
        m_names->setCurrentIndex(place >= 0 ? place : names.isEmpty() ? -1 : 0);
        if (names.isEmpty()) {
            m_names->clearEditText();
        }
        readSet();
    });
}

void CompareSets::readSet()
{
    const QString set = name();
    m_removeSet->setEnabled(m_names->findText(set) >= 0);
    if (!m_project || m_names->findText(set) < 0) {
        m_prompts->setItems({});
        m_remove->setEnabled(false);
        return;
    }
    const auto work = [project = m_project, set](const JobControl&) { return store::readPromptSet(*project, set.toStdString()); };
    m_reading.start(this, work, [this](const Result<std::vector<store::KeptPrompt>>& read) {
        std::vector<PromptItem> items;
        if (read) {
            for (const auto& prompt : *read) {
                items.push_back({-1, prompt.messages, QString::fromStdString(prompt.reference)});
            }
        }
        showProblem(read ? QString() : QString::fromStdString(read.message()));
        m_prompts->setItems(std::move(items));
        m_remove->setEnabled(false);
    });
}

void CompareSets::change(const std::function<Result<QString>(store::Project& project)>& work)
{
    if (!m_project) {
        return;
    }
    startJob(this, [project = m_project, work] { return work(*project); }, [this, project = m_project](const Result<QString>& set) {
        if (project != m_project) {
            return;
        }
        showProblem(set ? QString() : QString::fromStdString(set.message()));
        if (set) {
            readNames(*set);
        }
    });
}

void CompareSets::keep(const PromptItem& item)
{
    if (name().isEmpty()) {
        showProblem(tr("Give the set a name first."));
        m_names->setFocus();
        return;
    }
    change([set = name(), prompt = store::KeptPrompt{item.messages, item.expected.toStdString()}](store::Project& project) -> Result<QString> {
        auto done = store::addToPromptSet(project, set.toStdString(), prompt);
        return done ? Result<QString>(set) : done.error();
    });
}

void CompareSets::importFile(const QString& path)
{
    change([path](store::Project& project) -> Result<QString> {
        const auto set = store::importPromptSet(project, path.toStdString());
        return set ? Result<QString>(QString::fromStdString(*set)) : set.error();
    });
}

void CompareSets::showProblem(const QString& sentence)
{
    m_problem->setToken(Token::Bad);
    m_problem->setText(problemSentence(sentence));
    m_problem->setVisible(!sentence.isEmpty());
}

} // namespace luthier::ui
