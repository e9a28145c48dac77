// SPDX-License-Identifier: GPL-3.0-or-later
// DataReview: a person judges the rows that a model made, beside what each was made from: A accepts, R rejects, P leaves
// open. Judgements are saved into the review file as they are made; accepted rows become a file of their own.
//
// Threads: GUI thread; files are read and written in jobs.
#pragma once

#include "ui/bridge/job.h"
#include "ui/bridge/write_slot.h"
#include "ui/models/data/data_document.h"
#include "ui/models/data/review_model.h"

#include <QDialog>
#include <QTimer>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace luthier::ui {

class DiffText;

class DataReview : public QDialog {
    Q_OBJECT

public:
    // `dataset`: where the rows were made from; may be null.
    DataReview(const QString& path, std::shared_ptr<const data::Dataset> dataset, QWidget* parent = nullptr);
    ~DataReview() override;

    ReviewModel* model() const { return m_model; }
    bool isSaving() const { return m_saving.isWriting() || m_soon.isActive(); }

Q_SIGNALS:
    void accepted(const QString& file, int rows); // accepted rows lie there now

private:
    void build();
    void read(std::shared_ptr<const data::Dataset> dataset);
    QPushButton* judgeButton(const QString& id, const QString& text, const QKeySequence& key, Judgement judgement);
    void judgeSelected(Judgement judgement);
    void acceptRest();
    void showLine(int line);
    void showState();
    void save();
    void keepAccepted();

    QString m_path;
    ReviewModel* m_model;
    JobSlot m_reading;
    QTimer m_soon; // several keys are saved at once
    WriteSlot m_saving;
    QString m_problem;
    QStackedWidget* m_stack;
    QLabel* m_empty;
    QTableView* m_view;
    DiffText* m_original;
    DiffText* m_made;
    QLabel* m_note;
    QPushButton* m_rest;
    QPushButton* m_keep;
};

} // namespace luthier::ui
