// SPDX-License-Identifier: GPL-3.0-or-later
// DataReplace: find and replace over all rows. Every change is shown before anything is done; what is accepted becomes
// one step that can be undone.
// Threads: GUI thread.
#pragma once

#include "ui/bridge/job.h"
#include "ui/models/data/data_document.h"

#include <QDialog>
#include <QPointer>
#include <QTimer>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace luthier::ui {

class DataSearch;
class DiffText;
class ReplaceModel;

class DataReplace : public QDialog {
    Q_OBJECT

public:
    // Begins with what `search` looks for.
    DataReplace(DataDocument* document, const DataSearch& search, QWidget* parent = nullptr);

    ReplaceModel* model() const { return m_model; }

private:
    void build(const DataSearch& search);
    QCheckBox* option(const QString& id, const QString& text, const QString& help);
    void findChanges();
    void showChange(int line);
    void showCount();
    void acceptChanges();

    QPointer<DataDocument> m_document;
    ReplaceModel* m_model;
    JobSlot m_finding;
    QTimer m_soon;
    QString m_remark; // beside the count: a problem, or that there is more
    QLineEdit* m_find;
    QLineEdit* m_with;
    QComboBox* m_field;
    QCheckBox* m_regex;
    QCheckBox* m_case;
    QCheckBox* m_word;
    QLabel* m_count;
    QTableView* m_view;
    DiffText* m_before;
    DiffText* m_after;
    QPushButton* m_accept;
};

} // namespace luthier::ui
