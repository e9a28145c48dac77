// SPDX-License-Identifier: GPL-3.0-or-later
// DataOverview: the whole set at a glance over the table: lengths as a histogram with the limit to drag, labels and
// the most frequent openings as lists whose lines show their rows.
// Threads: GUI thread.
#pragma once

#include "ui/bridge/job.h"
#include "ui/models/data/data_document.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QSpinBox;
class QStackedWidget;
class QTreeWidget;

namespace luthier::ui {

class LengthHistogram;

class DataOverview : public QWidget {
    Q_OBJECT

public:
    enum class View { Total, Prompt, Answer, Labels, PromptOpenings, AnswerOpenings };

    explicit DataOverview(QWidget* parent = nullptr);

    void setDocument(DataDocument* document);
    void setView(View view);
    LengthHistogram* histogram() const { return m_histogram; }

Q_SIGNALS:
    void rowsWanted(const QString& title, std::vector<std::int64_t> rows);
    void limitChosen(qint64 tokens); // by hand, once it rests

private:
    View view() const;
    void showView();
    void showLengths();
    void showTallies();
    void showLimit();
    void setLimit(std::int64_t limit);
    void findRows(const QString& text);

    QPointer<DataDocument> m_document;
    QTimer m_rest; // until a limit that is dragged counts as chosen
    QTimer m_soon; // lengths grow while rows are judged
    JobSlot m_counting;
    JobSlot m_finding;
    QComboBox* m_view;
    QLabel* m_note;
    QSpinBox* m_limit;
    QStackedWidget* m_stack;
    LengthHistogram* m_histogram;
    QTreeWidget* m_tallies;
};

} // namespace luthier::ui
