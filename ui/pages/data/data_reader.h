// SPDX-License-Identifier: GPL-3.0-or-later
// DataReader: the right side of the Data page: one row as a conversation that can be edited in place, or what is
// wrong with it, and under it the tokens the model would read. Rows are read and encoded in jobs; an answer for
// a row that is no longer shown is dropped.
// Threads: GUI thread.
#pragma once

#include "core/data/turn_edits.h"
#include "ui/models/data/example_fields.h"
#include "ui/widgets/tokens/token_tile.h"

#include <QPointer>
#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QSplitter;
class QStackedWidget;

namespace luthier::ui {

class ConversationView;
class DataDocument;
class StatusLabel;
class TokenStrip;
struct RowJudge;

class DataReader : public QWidget {
    Q_OBJECT

public:
    explicit DataReader(QWidget* parent = nullptr);

    void setDocument(DataDocument* document);
    void showRow(std::int64_t row); // takes up an unfinished edit first; -1: nothing
    std::int64_t row() const { return m_row; }
    void editFirstField();
    void setEncoderNote(const QString& note); // why there are no tokens, or whose they are

    TokenStrip* strip() const { return m_strip; }
    ConversationView* conversation() const { return m_conversation; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Reading { // what the job brings back
        ReadRow row;
        TokenStripContent tokens;
        QString tokensProblem;
        std::vector<std::string> roles;
    };

    static Reading read(const RowJudge& judge, std::int64_t row);
    void buildTop();
    void buildStrip();
    void reload();
    void take(const Reading& reading);
    void showCounts();
    void fitStrip();
    void showSaveState();
    void onAccepted(const QString& path, const QString& text);
    void onRefused(qint64 row, const QString& sentence);
    void editTurn(const data::TurnEdit& edit);
    void showTurnMenu(const QString& path, const QPoint& globalPos);
    void toggleExcluded();
    void onFactsChanged(qint64 first, qint64 last);

    QPointer<DataDocument> m_document;
    std::int64_t m_row = -1;
    std::int64_t m_limit = 0;      // at which the tokens shown are cut
    std::vector<std::string> m_roles; // that turns of the row may have; empty: its fields are no turns
    int m_request = 0;             // number of the newest reading
    bool m_waitsForEditor = false; // a reading came while a field was being edited and was not shown

    QSplitter* m_splitter;
    QLabel* m_title;
    QLabel* m_saved;
    QPushButton* m_retry;
    QPushButton* m_revert;
    QPushButton* m_exclude;
    QLabel* m_problem;
    QStackedWidget* m_body;
    ConversationView* m_conversation;
    QPlainTextEdit* m_raw;
    TokenStrip* m_strip;
    QLabel* m_counts;
    StatusLabel* m_tokensProblem;
    QLabel* m_token;
    QString m_encoderNote;
};

} // namespace luthier::ui
