// SPDX-License-Identifier: GPL-3.0-or-later
// CompareExtras: columns beside base and tuned: the base with a prompt, another run, a checkpoint, another model. Each has its name and a
// button that closes it.
//
// Threads: GUI thread.
#pragma once

#include "core/base/json.h"
#include "core/store/project.h"
#include "ui/models/runs/tuned_runs.h"
#include "ui/pages/compare/compare_contest.h"

#include <QObject>

#include <memory>
#include <vector>

class QSplitter;
class QToolButton;
class QWidget;

namespace luthier::ui {

class CompareChoices;
class CompareColumn;
class CompareReward;
class ModelLibrary;

class CompareExtras : public QObject {
    Q_OBJECT

public:
    static constexpr int kMost = 6;

    CompareExtras(CompareChoices* choices, ModelLibrary* library, QSplitter* columns, CompareReward* reward, QObject* parent = nullptr);

    QToolButton* addButton() const { return m_add; } // stands where the page wants it
    void setProject(std::shared_ptr<store::Project> project) { m_project = std::move(project); }
    void setRuns(std::vector<TunedRun> runs) { m_runs = std::move(runs); }

    struct Source {
        QString name;
        Answerer answerer;
        bool isOfBase = false; // answers with whatever base is chosen
        int shots = 0;         // examples out of the training data of run `shotsOf`, before the question
        bool isNearest = false;
        qint64 shotsOf = 0;
        std::vector<std::int64_t> rows = {}; // these examples, from 1, instead of so many
    };
    void add(Source source);
    // As the project keeps them, so that they stand here again on another day.
    Json toJson() const;
    void restore(const Json& kept); // in place of those that are there
    // The base with a prompt; shots out of the chosen run's training data, or these rows of it.
    void addPrompted(const QString& system, int shots, bool nearest, const std::vector<std::int64_t>& rows = {});
    int size() const { return static_cast<int>(m_columns.size()); }
    CompareColumn* column(int index) const { return m_columns[static_cast<std::size_t>(index)].column; }
    std::vector<Answerer> answerers() const;
    void showContenders(); // who would answer now

Q_SIGNALS:
    void closed(int index); // it is gone already
    void added();

private:
    struct Extra {
        Source source;
        CompareColumn* column;
    };

    void giveShots(Source& source) const;
    void fillMenu();
    void askForPrompt();
    void close(CompareColumn* column);

    CompareChoices* m_choices;
    ModelLibrary* m_library;
    QSplitter* m_splitter;
    CompareReward* m_reward;
    QToolButton* m_add;
    std::shared_ptr<store::Project> m_project;
    std::vector<TunedRun> m_runs;
    std::vector<Extra> m_columns;
    int m_number = 0; // of columns so far, for their names
};

} // namespace luthier::ui
