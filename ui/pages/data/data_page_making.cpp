// SPDX-License-Identifier: GPL-3.0-or-later
// The Data page and new files made of its rows: split, mixed, augmented, or made by a model and reviewed.
#include "core/store/next_recipe.h"
#include "ui/bridge/job.h"
#include "ui/pages/data/data_filters.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_search.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/data/making/data_augment.h"
#include "ui/pages/data/making/data_generate.h"
#include "ui/pages/data/making/data_mix.h"
#include "ui/pages/data/making/data_review.h"
#include "ui/pages/data/making/data_split.h"
#include "ui/workspace/workspace.h"

#include <QAction>

namespace luthier::ui {

void DataPage::buildMaking()
{
    struct Row {
        const char* id;
        QString text;
        QString help;
        void (DataPage::*run)(const config::RunConfig&);
    };
    const Row rows[] = {
        {"splitRows", tr("&Split\u2026"), tr("Hold rows out into a file of their own"), &DataPage::showSplit},
        {"mixRows", tr("&Mix\u2026"), tr("Several files in one, by weight, with general texts"), &DataPage::showMix},
        {"augmentRows", tr("&Augment\u2026"), tr("More rows that say the same in another form"), &DataPage::showAugment},
        {"generateRows", tr("&Generate\u2026"), tr("A model makes rows that you review"), &DataPage::showGenerate},
    };
    QList<QAction*> making;
    for (const Row& row : rows) {
        auto* action = new QAction(row.text, this);
        action->setObjectName(QString::fromLatin1(row.id));
        action->setToolTip(row.help);
        connect(action, &QAction::triggered, this, [this, run = row.run] { withRecipe(run); });
        addAction(action);
        making += action;
    }
    m_filters->setMaking(making);
}

// What is held out, and by which seed, stands in the recipe.
void DataPage::withRecipe(void (DataPage::*then)(const config::RunConfig&))
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

QString DataPage::makingFolder() const
{
    return QString::fromStdString((m_workspace.project()->folder() / "made").string());
}

void DataPage::showMaking(DataMaking* making)
{
    connect(making, &DataMaking::made, this, [this](const QStringList& files, const QString& sentence) {
        openFiles(files);
        m_workspace.say(sentence);
    });
    making->open();
}

void DataPage::showSplit(const config::RunConfig& config)
{
    showMaking(new DataSplit(m_document, makingFolder(), m_table->search()->fields(), config.data.heldOutShare, config.run.seed, this));
}

void DataPage::showMix(const config::RunConfig& config)
{
    showMaking(new DataMix(m_document, makingFolder(), m_workspace.project(), m_items, config.run.seed, this));
}

void DataPage::showAugment(const config::RunConfig& config)
{
    showMaking(new DataAugment(m_document, makingFolder(), config.data.heldOutShare, config.run.seed, this));
}

void DataPage::showGenerate(const config::RunConfig& config)
{
    auto* making = new DataGenerate(m_document, makingFolder(), m_workspace.modelPath(), config.data.heldOutShare, config.run.seed, this);
    connect(making, &DataGenerate::reviewWanted, this, &DataPage::showReview);
    connect(making, &DataMaking::made, this, [this](const QStringList& files, const QString& sentence) {
        m_workspace.say(sentence);
        showReview(files.front());
    });
    making->open();
}

void DataPage::showReview(const QString& path)
{
    auto* review = new DataReview(path, m_document == nullptr ? nullptr : m_document->dataset(), this);
    connect(review, &DataReview::accepted, this, [this](const QString& file, int rows) {
        openFiles({file});
        m_workspace.say(tr("%n accepted row(s) lie in %1.", nullptr, rows).arg(file));
    });
    review->open();
}

} // namespace luthier::ui
