// SPDX-License-Identifier: GPL-3.0-or-later
// OpenedData: while nobody has chosen files to learn from, those that were opened last are learned from. Chosen is what a person
// ticked, what a recipe or a run brought, and what undo brought back; the rows that come with Luthier are not, until somebody
// ticks them. What was taken so is remembered with the project: another sitting knows, too, that nobody chose it.
//
// Threads: GUI thread; the project is asked in jobs.
#pragma once

#include "core/config/run_config.h"
#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"

#include <QObject>
#include <QStringList>

#include <optional>
#include <string>
#include <vector>

namespace luthier::ui {

class RecipeDocument;
class Workspace;

class OpenedData : public QObject {
    Q_OBJECT

public:
    OpenedData(RecipeDocument* document, Workspace& workspace, QObject* parent);

    void recipeRead();  // the project's own is the document's now; files that were opened until then have waited
    void choseByHand(); // the files that are learned from
    void takeExample(); // the rows that come with Luthier, into a project that has nothing to learn from

Q_SIGNALS:
    void taken(); // one step of the undo stack

private:
    struct Known {
        std::vector<std::string> files;         // that were taken last
        std::optional<config::RunConfig> first; // the recipe that comes with Luthier
    };

    void take(const QStringList& paths);
    void keep(const std::vector<std::string>& files);

    RecipeDocument* m_document;
    Workspace& m_workspace;
    bool m_isReady = false;
    QStringList m_waiting;
    Known m_known;
    JobSlot m_reading;
    WriteSlot m_writing;
};

} // namespace luthier::ui
