// SPDX-License-Identifier: GPL-3.0-or-later
// CompareSets: sets of prompts that the project keeps under names: chosen, grown by the prompt that stands in the box, made out of a file,
// and asked again on another day.
//
// Threads: GUI thread; files are read and written in jobs.
#pragma once

#include "core/store/project.h"
#include "ui/bridge/job.h"
#include "ui/models/runs/comparison_model.h"

#include <QWidget>

#include <functional>
#include <memory>

class QComboBox;
class QListView;
class QToolButton;

namespace luthier::ui {

class StatusLabel;

class CompareSets : public QWidget {
    Q_OBJECT

public:
    explicit CompareSets(QWidget* parent = nullptr);

    void setProject(std::shared_ptr<store::Project> project);
    void keep(const PromptItem& item); // in the set whose name stands in the box
    void importFile(const QString& path);
    int numPrompts() const { return m_prompts->rowCount(); }

Q_SIGNALS:
    void promptChosen(const luthier::ui::PromptItem& item);
    void promptActivated(const luthier::ui::PromptItem& item); // chosen and to be asked at once
    void keepWanted();                                         // the prompt that stands in the page's box

private:
    void readNames(const QString& wanted); // and the set of that name
    void readSet();
    void change(const std::function<Result<QString>(store::Project& project)>& work); // gives the name of the set that is shown then
    void showProblem(const QString& sentence);
    QString name() const;

    std::shared_ptr<store::Project> m_project;
    PromptListModel* m_prompts;
    QComboBox* m_names;
    QListView* m_list;
    QToolButton* m_keep;
    QToolButton* m_import;
    QToolButton* m_remove;
    QToolButton* m_removeSet;
    StatusLabel* m_problem;
    JobSlot m_listing;
    JobSlot m_reading;
};

} // namespace luthier::ui
