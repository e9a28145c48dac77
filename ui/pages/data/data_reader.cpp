// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_reader.h"

#include "ui/base/amounts.h"
#include "ui/base/window_sentence.h"
#include "ui/bridge/job.h"
#include "ui/models/data/data_document.h"
#include "ui/models/data/edit_saver.h"
#include "ui/models/data/token_tiles.h"
#include "ui/widgets/conversation/conversation_view.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/tokens/token_legend.h"
#include "ui/widgets/tokens/token_strip.h"

#include <QEvent>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {

DataReader::DataReader(QWidget* parent)
    : QWidget(parent), m_splitter(new QSplitter(Qt::Vertical)), m_title(new QLabel), m_saved(new QLabel),
      m_retry(new QPushButton(tr("Try again"))), m_revert(new QPushButton(tr("Take edits back"))), m_exclude(new QPushButton), m_problem(new StatusLabel(Token::Bad)),
      m_body(new QStackedWidget), m_conversation(new ConversationView), m_raw(new QPlainTextEdit), m_strip(new TokenStrip),
      m_counts(new ElidedLabel(Token::Text, Qt::ElideMiddle)), m_tokensProblem(new StatusLabel(Token::Warn)), m_token(new ElidedLabel(Token::TextQuiet))
{
    m_splitter->setObjectName(QStringLiteral("readerParts"));
    m_splitter->setProperty("fitsItself", true); // until a person puts it somewhere: see MainWindow::save
    m_splitter->installEventFilter(this);
    m_splitter->setChildrenCollapsible(false);
    buildTop();
    buildStrip();
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_splitter);
    connect(m_conversation, &ConversationView::fieldAccepted, this, &DataReader::onAccepted);
    connect(m_strip, &TokenStrip::currentTileChanged, this, [this](int tile) { m_token->setText(m_strip->describeTile(tile)); });
    connect(m_conversation, &ConversationView::editingChanged, this, [this](bool editing) {
        if (!editing && m_waitsForEditor) {
            reload();
        }
        fitStrip();
    });
    m_conversation->widget()->installEventFilter(this);
    connect(m_splitter, &QSplitter::splitterMoved, this, [this] { m_splitter->setProperty("isPlaced", true); });
    connect(m_conversation, &ConversationView::turnWanted, this, &DataReader::editTurn);
    connect(m_conversation, &ConversationView::menuWanted, this, &DataReader::showTurnMenu);
    connect(m_exclude, &QPushButton::clicked, this, &DataReader::toggleExcluded);
    connect(m_retry, &QPushButton::clicked, this, [this] { m_document->saver()->retry(); });
    connect(m_revert, &QPushButton::clicked, this, [this] { m_document->prepareRevert(m_row); });
    showRow(-1);
}

void DataReader::buildTop()
{
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_title->setObjectName(QStringLiteral("rowTitle"));
    m_saved->setObjectName(QStringLiteral("saveState"));
    m_saved->setForegroundRole(QPalette::PlaceholderText);
    m_retry->setObjectName(QStringLiteral("retrySave"));
    m_retry->setToolTip(tr("Save the edits again"));
    m_revert->setObjectName(QStringLiteral("revertRow"));
    m_revert->setToolTip(tr("Show the row as the file has it. Undo brings the edits back."));
    m_exclude->setObjectName(QStringLiteral("excludeRow"));
    m_exclude->setToolTip(tr("Training leaves excluded rows out (Del in the table). Undo brings them back."));
    m_problem->setObjectName(QStringLiteral("rowProblem"));
    m_problem->setWordWrap(true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_raw->setObjectName(QStringLiteral("rawRow"));
    m_raw->setReadOnly(true);
    m_raw->setAccessibleName(tr("The row as the file has it"));
    m_raw->setToolTip(tr("The bytes of the row. Mend it in the file, or leave it: training leaves it out."));
    m_raw->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_conversation->setObjectName(QStringLiteral("conversation"));
    m_conversation->setProperty("keyHelp", QStringList{tr("F2, Return") + u'\t' + tr("Edit the field"), tr("Ctrl+Return") + u'\t' + tr("Accept the edit"),
                                                       tr("Esc") + u'\t' + tr("Give back what was there"), tr("Ctrl+Shift+Return") + u'\t' + tr("Split the turn at the cursor"),
                                                       tr("Ins") + u'\t' + tr("Add a turn below"), tr("Del") + u'\t' + tr("Delete the turn"),
                                                       tr("Alt+Up, Alt+Down") + u'\t' + tr("Move the turn")});
    m_body->addWidget(m_conversation);
    m_body->addWidget(m_raw);

    auto* head = new QHBoxLayout;
    head->addWidget(m_title);
    head->addStretch();
    head->addWidget(m_saved);
    head->addWidget(m_retry);
    head->addWidget(m_revert);
    head->addWidget(m_exclude);
    auto* top = new QWidget;
    auto* layout = new QVBoxLayout(top);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(head);
    layout->addWidget(m_problem);
    layout->addWidget(m_body, 1);
    m_splitter->addWidget(top);
}

void DataReader::buildStrip()
{
    m_counts->setObjectName(QStringLiteral("tokenCounts"));
    m_tokensProblem->setObjectName(QStringLiteral("tokensProblem"));
    m_tokensProblem->setWordWrap(true);
    m_tokensProblem->hide();
    m_token->setObjectName(QStringLiteral("currentToken"));
    m_token->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* foot = new QHBoxLayout; // the counts have their line to themselves
    foot->addWidget(m_token, 1);
    foot->addWidget(new TokenLegend);
    auto* bottom = new QWidget;
    auto* layout = new QVBoxLayout(bottom);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_counts);
    layout->addWidget(m_tokensProblem);
    layout->addWidget(m_strip, 1);
    layout->addLayout(foot);
    m_splitter->addWidget(bottom);
}

void DataReader::setDocument(DataDocument* document)
{
    if (m_document) {
        m_document->disconnect(this);
        m_document->saver()->disconnect(this);
    }
    m_document = document;
    m_row = -1;
    if (m_document) {
        connect(m_document, &DataDocument::rowEdited, this, [this](qint64 row) {
            if (row == m_row) {
                reload();
            }
        });
        connect(m_document, &DataDocument::rowsEdited, this, &DataReader::reload);
        connect(m_document, &DataDocument::exclusionsChanged, this, &DataReader::showSaveState);
        connect(m_document, &DataDocument::factsChanged, this, &DataReader::onFactsChanged);
        connect(m_document, &DataDocument::editRefused, this, &DataReader::onRefused);
        connect(m_document->saver(), &EditSaver::stateChanged, this, &DataReader::showSaveState);
    }
    showRow(-1);
}

void DataReader::showRow(std::int64_t row)
{
    m_conversation->acceptEdit(); // nothing typed is lost by looking elsewhere; undo takes it back
    m_row = m_document ? row : -1;
    if (m_row >= 0) {
        reload();
    } else {
        take({});
    }
}

void DataReader::setEncoderNote(const QString& note)
{
    m_encoderNote = note;
    reload();
}

DataReader::Reading DataReader::read(const RowJudge& judge, std::int64_t row)
{
    Reading reading;
    reading.row = readRow(*judge.dataset, row);
    if (const Result<Json> json = judge.dataset->row(row)) {
        for (const ExampleField& field : reading.row.fields) {
            reading.roles = reading.roles.empty() ? data::turnRoles(*json, field.path.toStdString()) : reading.roles;
        }
    }
    if (!reading.row.example || !judge.encoder.tokenizer) {
        return reading;
    }
    const Result<data::EncodedExample> encoded = judge.encoder.encode(*reading.row.example, judge.settings);
    if (encoded) {
        reading.tokens = tilesOf(*encoded, *judge.encoder.tokenizer);
    } else {
        reading.tokensProblem = QString::fromStdString(encoded.message());
    }
    return reading;
}

void DataReader::reload()
{
    if (!m_document || m_row < 0) {
        return;
    }
    const int request = ++m_request;
    startJob(this, [judge = m_document->judge(), row = m_row] { return read(judge, row); },
             [this, request](const Reading& reading) {
                 if (request != m_request) {
                     return;
                 }
                 m_waitsForEditor = m_conversation->isEditing();
                 if (!m_waitsForEditor) {
                     take(reading);
                 }
             });
}

void DataReader::take(const Reading& reading)
{
    const ReadRow& row = reading.row;
    m_roles = reading.roles;
    const bool isBroken = !row.problem.isEmpty();
    m_title->setText(row.index < 0 ? QString() : tr("Row %1").arg(number(row.index + 1)));
    m_revert->setVisible(row.edited);
    m_problem->setText(problemSentence(row.problem));
    m_problem->setVisible(isBroken);
    // A broken row whose fields can still be read is edited like any other; else its bytes are shown.
    const bool showRaw = isBroken && row.fields.empty();
    m_raw->setPlainText(showRaw ? row.raw : QString());
    m_body->setCurrentWidget(showRaw ? static_cast<QWidget*>(m_raw) : m_conversation);
    m_conversation->setFields(row.fields);
    m_strip->setContent(reading.tokens);
    m_token->clear();
    m_tokensProblem->setToken(Token::Warn);
    m_tokensProblem->setText(windowSentence(reading.tokensProblem));
    m_tokensProblem->setHidden(reading.tokensProblem.isEmpty());
    showCounts();
    showSaveState();
    fitStrip();
}

void DataReader::showCounts()
{
    const TokenStripContent& content = m_strip->content();
    if (content.tiles.empty()) {
        m_counts->clear();
        if (m_row >= 0 && m_tokensProblem->text().isEmpty()) {
            const bool isBroken = !m_problem->text().isEmpty(); // then the model is not what is missing
            m_tokensProblem->setText(isBroken ? tr("A row that gives no example has no tokens.") : windowSentence(m_encoderNote));
            m_tokensProblem->setToken(isBroken ? Token::TextQuiet : Token::Warn);
            m_tokensProblem->setHidden(m_tokensProblem->text().isEmpty());
        }
        return;
    }
    const QLocale locale;
    QString text = tr("%1 tokens, %2 trained").arg(locale.toString(static_cast<qlonglong>(content.tiles.size())),
                                                   locale.toString(static_cast<qlonglong>(content.numTrained())));
    if (content.truncated) {
        text += tr(", cut from %1").arg(locale.toString(static_cast<qlonglong>(content.fullLength)));
    } else if (const TokenTile* end = content.end()) {
        const QString name = end->special ? end->piece : end->label;
        text += end->trained ? tr(", ends with trained %1").arg(name) : tr(", ends with %1, not trained").arg(name);
    }
    m_counts->setText(text);
}

// What the conversation leaves is for its tokens, and they have two fifths at the least, a fifth while a text is edited, until
// a person says otherwise.
void DataReader::fitStrip()
{
    if (m_splitter->property("isPlaced").toBool() || !isVisible()) {
        return;
    }
    const int all = m_splitter->height() - m_splitter->handleWidth();
    const QWidget* top = m_splitter->widget(0);
    const int around = top->layout()->sizeHint().height() - m_body->sizeHint().height(); // what stands above the conversation
    const int wanted = m_body->currentWidget() == m_conversation ? around + m_conversation->contentHeight() : all;
    const int most = all * (m_conversation->isEditing() ? 4 : 3) / 5;
    m_splitter->setSizes({std::min(wanted, most), all - std::min(wanted, most)});
}

bool DataReader::eventFilter(QObject* watched, QEvent* event)
{
    const bool hasGrown = watched == m_conversation->widget() && event->type() == QEvent::LayoutRequest && m_conversation->isEditing();
    if (hasGrown || (watched == m_splitter && event->type() == QEvent::Resize)) {
        QMetaObject::invokeMethod(this, &DataReader::fitStrip, Qt::QueuedConnection); // when its parts have their widths
    }
    return QWidget::eventFilter(watched, event);
}

void DataReader::showSaveState()
{
    const EditSaver* saver = m_document ? m_document->saver() : nullptr;
    const bool isEdited = saver != nullptr && m_row >= 0 && m_document->isEdited(m_row);
    const bool failed = saver != nullptr && saver->state() == EditSaver::State::Failed;
    const bool saving = saver != nullptr && saver->state() == EditSaver::State::Saving;
    const bool isExcluded = m_row >= 0 && m_document && m_document->isExcluded(m_row);
    m_exclude->setVisible(m_row >= 0 && m_document);
    m_exclude->setText(isExcluded ? tr("Take in") : tr("Exclude"));
    m_retry->setVisible(failed);
    m_saved->setToolTip(failed ? saver->problem() : QString());
    m_saved->setText(failed ? tr("not saved") : saving ? tr("saving\u2026") : isEdited ? tr("edited, saved") : QString());
    m_saved->setAccessibleDescription(m_saved->toolTip());
}

void DataReader::editFirstField()
{
    m_conversation->editField(0);
}

void DataReader::onAccepted(const QString& path, const QString& text)
{
    if (m_document && m_row >= 0) {
        m_document->prepareEdit(m_row, path, text);
    }
}

void DataReader::onRefused(qint64 row, const QString& sentence)
{
    if (row == m_row) {
        m_problem->setText(sentence);
        m_problem->setVisible(true);
    }
}

} // namespace luthier::ui
