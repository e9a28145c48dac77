// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/making/data_makings.h"

#include "core/store/next_recipe.h"
#include "ui/bridge/job.h"
#include "ui/models/library/source_files.h"
#include "ui/pages/data/data_search.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/data/making/data_augment.h"
#include "ui/pages/data/making/data_generate.h"
#include "ui/pages/data/making/data_mix.h"
#include "ui/pages/data/making/data_review.h"
#include "ui/pages/data/making/data_save.h"
#include "ui/pages/data/making/data_split.h"
#include "ui/workspace/workspace.h"

#include <QAction>

namespace luthier::ui {

DataMakings::DataMakings(Workspace& workspace, SourceFiles& files, const DataTable& table, QWidget& page)
    : QObject(&page), m_workspace(workspace), m_files(files), m_table(table), m_page(page)
{
    struct Row {
        const char* id;
        QString text;
        QString help;
        void (DataMakings::*run)(const config::RunConfig&);
    };
    const Row rows[] = {
        {"splitRows", tr("&Split\u2026"), tr("Hold rows out into a file of their own"), &DataMakings::split},
        {"mixRows", tr("&Mix\u2026"), tr("Several files in one, by weight, with general texts"), &DataMakings::mix},
        {"augmentRows", tr("&Augment\u2026"), tr("More rows that say the same in another form"), &DataMakings::augment},
        {"generateRows", tr("&Generate\u2026"), tr("A model makes rows that you review"), &DataMakings::generate},
        {"saveRows", tr("Sa&ve these rows as\u2026"), tr("The rows that the table shows as a file of their own"), &DataMakings::save},
    };
    for (const Row& row : rows) {
        auto* action = new QAction(row.text, this);
        action->setObjectName(QString::fromLatin1(row.id));
        action->setToolTip(row.help);
        connect(action, &QAction::triggered, this, [this, run = row.run] { withRecipe(run); });
        m_actions += action;
    }
    setDocument(nullptr);
}

void DataMakings::setDocument(DataDocument* document)
{
    m_document = document;
    for (QAction* action : m_actions) {
        action->setEnabled(document != nullptr);
    }
}

// What is held out, and by which seed, stands in the recipe.
void DataMakings::withRecipe(void (DataMakings::*then)(const config::RunConfig&))
{
    const auto project = m_workspace.project();
    if (m_document == nullptr || !project) {
        return;
    }
    const auto work = [project] { return store::nextRecipe(*project); };
    startJob(this, work, [this, project, then](const Result<std::optional<config::RunConfig>>& recipe) {
        if (m_document == nullptr || project != m_workspace.project()) {
            return;
        }
        if (!recipe) { // rows are not made by another split than the one that trains
            m_workspace.say(QString::fromStdString(recipe.message()));
            return;
        }
        (this->*then)(recipe->value_or(config::RunConfig()));
    });
}

QString DataMakings::folder() const
{
    return QString::fromStdString((m_workspace.project()->folder() / "made").string());
}

void DataMakings::show(DataMaking* making)
{
    connect(making, &DataMaking::made, this, [this](const QStringList& files, const QString& sentence) {
        m_files.add(files);
        m_workspace.say(sentence);
    });
    making->open();
}

void DataMakings::split(const config::RunConfig& config)
{
    show(new DataSplit(m_document, folder(), m_table.search()->fields(), config.data.heldOutShare, config.run.seed, &m_page));
}

void DataMakings::mix(const config::RunConfig& config)
{
    show(new DataMix(m_document, folder(), m_workspace.project(), m_files.items(), config.run.seed, &m_page));
}

void DataMakings::augment(const config::RunConfig& config)
{
    show(new DataAugment(m_document, folder(), config.data.heldOutShare, config.run.seed, &m_page));
}

void DataMakings::generate(const config::RunConfig& config)
{
    auto* making = new DataGenerate(m_document, folder(), m_workspace.modelPath(), config.data.heldOutShare, config.run.seed, &m_page);
    connect(making, &DataGenerate::reviewWanted, this, &DataMakings::review);
    connect(making, &DataMaking::made, this, [this](const QStringList& files, const QString& sentence) {
        m_workspace.say(sentence);
        review(files.front());
    });
    making->open();
}

void DataMakings::save(const config::RunConfig&)
{
    show(new DataSave(m_document, folder(), m_table.shownRows(), &m_page));
}

void DataMakings::review(const QString& path)
{
    auto* review = new DataReview(path, m_document == nullptr ? nullptr : m_document->dataset(), &m_page);
    connect(review, &DataReview::accepted, this, [this](const QString& file, int rows) {
        m_files.add({file});
        m_workspace.say(tr("%Ln accepted row(s) lie in %1.", nullptr, rows).arg(file));
    });
    review->open();
}

} // namespace luthier::ui
