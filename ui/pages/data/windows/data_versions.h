// SPDX-License-Identifier: GPL-3.0-or-later
// DataVersions: named versions of a data file's edits and exclusions: save one, compare any two or one with now, row
// by row, and bring rows of a version back as one step that can be undone.
// Threads: GUI thread; the project is touched in jobs.
#pragma once

#include "core/store/project.h"
#include "ui/bridge/job.h"
#include "ui/models/data/data_document.h"

#include <QDialog>
#include <QPointer>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace luthier::ui {

class DiffText;
class ReplaceModel;
struct Replacement;

class DataVersions : public QDialog {
    Q_OBJECT

public:
    DataVersions(DataDocument* document, std::shared_ptr<store::Project> project, QWidget* parent = nullptr);

    ReplaceModel* model() const { return m_model; }

private:
    struct Compared {
        std::vector<Replacement> rows;
        store::Snapshot from;
        QString problem;
    };

    static Result<store::Snapshot> snapshotOf(store::Project& project, const data::Dataset& dataset, std::int64_t id);
    void build();
    void reload();
    void takeVersions(const std::vector<store::VersionRow>& versions);
    void addVersion();
    void removeVersion();
    void compare();
    void showChange(int line);
    void bringBack();

    QPointer<DataDocument> m_document;
    std::shared_ptr<store::Project> m_project;
    ReplaceModel* m_model;
    JobSlot m_listing;
    JobSlot m_comparing;
    store::Snapshot m_from; // of what is shown
    QLineEdit* m_name;
    QPushButton* m_add;
    QComboBox* m_left;
    QComboBox* m_right;
    QPushButton* m_remove;
    QLabel* m_count;
    QTableView* m_view;
    DiffText* m_before;
    DiffText* m_after;
    QPushButton* m_back;
};

} // namespace luthier::ui
