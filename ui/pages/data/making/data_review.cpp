// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/making/data_review.h"

#include "ui/theme/theme.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/row_view.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QShortcut>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <utility>

namespace luthier::ui {
namespace {

constexpr int kSaveMs = 300;
constexpr QSize kSize(980, 680);

// rows.review.jsonl -> rows.accepted.jsonl
QString acceptedPath(const QString& review)
{
    const QFileInfo file(review);
    QString name = file.completeBaseName();
    if (const qsizetype at = name.lastIndexOf(QStringLiteral(".review")); at >= 0) {
        name.remove(at, 7);
    }
    QString path = QStringLiteral("%1/%2.accepted.jsonl").arg(file.path(), name);
    for (int number = 2; QFileInfo::exists(path); ++number) {
        path = QStringLiteral("%1/%2.accepted %3.jsonl").arg(file.path(), name, QString::number(number));
    }
    return path;
}

} // namespace

DataReview::DataReview(const QString& path, std::shared_ptr<const data::Dataset> dataset, QWidget* parent)
    : QDialog(parent), m_path(path), m_model(new ReviewModel(this)), m_stack(new QStackedWidget), m_empty(new QLabel(tr("Reading\u2026"))),
      m_view(new QTableView), m_original(diffText(QStringLiteral("reviewOriginal"), tr("What it was made from"), tr("What it was made from"))),
      m_made(diffText(QStringLiteral("reviewMade"), tr("What the model made"), tr("What the model made"))), m_note(new QLabel),
      m_rest(makeButton(QStringLiteral("acceptRest"), tr("Accept all that &wait"), tr("Accepts every row that was not judged yet"))),
      m_keep(makeButton(QStringLiteral("keepAccepted"), tr("&Keep the accepted rows"), tr("Writes the accepted rows into a new file, marked as made, and opens it")))
{
    setObjectName(QStringLiteral("reviewDialog"));
    setWindowTitle(tr("Review of made rows \u2014 %1").arg(QFileInfo(path).fileName()));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(kSize.boundedTo(parent == nullptr ? kSize : parent->window()->size())); // not larger than what it stands over
    build();
    m_soon.setSingleShot(true);
    m_soon.setInterval(kSaveMs);
    connect(&m_soon, &QTimer::timeout, this, &DataReview::save);
    connect(m_rest, &QPushButton::clicked, this, &DataReview::acceptRest);
    connect(m_keep, &QPushButton::clicked, this, &DataReview::keepAccepted);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { showLine(current.row()); });
    connect(m_model, &QAbstractItemModel::dataChanged, this, &DataReview::showState);
    read(std::move(dataset));
    showState();
}

// Closing right after a key must not lose it.
DataReview::~DataReview()
{
    if (m_soon.isActive()) {
        m_soon.stop();
        startJob(nullptr, [path = m_path, rows = m_model->rows()] { return saveReview(path.toStdString(), rows); }, [](const Result<void>&) {});
    }
}

void DataReview::build()
{
    m_view->setObjectName(QStringLiteral("reviewRows"));
    m_view->setAccessibleName(tr("Made rows"));
    m_view->setToolTip(tr("A accepts, R rejects, P leaves open; several rows can be selected"));
    presentRows(m_view, m_model);
    m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->horizontalHeader()->setSectionResizeMode(ReviewModel::PromptColumn, QHeaderView::Stretch);
    m_view->horizontalHeader()->setSectionResizeMode(ReviewModel::AnswerColumn, QHeaderView::Stretch);
    m_empty->setObjectName(QStringLiteral("reviewEmpty"));
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setWordWrap(true);
    m_note->setObjectName(QStringLiteral("reviewNote"));
    m_note->setWordWrap(true);
    auto* work = new QWidget;
    auto* sides = new QHBoxLayout;
    sides->addWidget(m_original);
    sides->addWidget(m_made);
    auto* judging = new QHBoxLayout;
    judging->addWidget(judgeButton(QStringLiteral("judgeAccept"), tr("Accept (A)"), Qt::Key_A, Judgement::Accepted));
    judging->addWidget(judgeButton(QStringLiteral("judgeReject"), tr("Reject (R)"), Qt::Key_R, Judgement::Rejected));
    judging->addWidget(judgeButton(QStringLiteral("judgePending"), tr("Leave open (P)"), Qt::Key_P, Judgement::Pending));
    judging->addStretch();
    judging->addWidget(m_rest);
    auto* column = new QVBoxLayout(work);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_view, 3);
    column->addLayout(sides, 3);
    column->addLayout(judging);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(work);
    auto* close = makeButton(QStringLiteral("closeReview"), tr("Close"), tr("What was judged is saved; the review can go on later (Esc)"));
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_note, 1);
    buttons->addWidget(close);
    buttons->addWidget(m_keep);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_stack, 1);
    layout->addLayout(buttons);
}

QPushButton* DataReview::judgeButton(const QString& id, const QString& text, const QKeySequence& key, Judgement judgement)
{
    auto* button = makeButton(id, text, tr("Judges the selected rows and goes to the next that waits"));
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, [this, judgement] { judgeSelected(judgement); });
    auto* shortcut = new QShortcut(key, m_view);
    shortcut->setContext(Qt::WidgetShortcut);
    connect(shortcut, &QShortcut::activated, this, [this, judgement] { judgeSelected(judgement); });
    return button;
}

void DataReview::read(std::shared_ptr<const data::Dataset> dataset)
{
    m_reading.start(
        this,
        [path = m_path.toStdString(), dataset = std::move(dataset)](const JobControl& control) { return readReview(path, dataset.get(), control.cancel); },
        [this](const Result<std::vector<ReviewRow>>& rows) {
            if (!rows || rows->empty()) {
                m_empty->setText(rows ? tr("No row waits in this file. Make some with Generate.") : QString::fromStdString(rows.message()));
                return;
            }
            m_model->setRows(*rows);
            m_stack->setCurrentIndex(1);
            m_view->selectRow(std::max(0, m_model->nextPending(-1)));
            m_view->setFocus(Qt::OtherFocusReason);
            showState();
        });
}

void DataReview::judgeSelected(Judgement judgement)
{
    std::vector<int> lines;
    for (const QModelIndex& index : m_view->selectionModel()->selectedRows()) {
        lines.push_back(index.row());
    }
    if (lines.empty()) {
        return;
    }
    m_model->judge(lines, judgement);
    m_soon.start();
    const int next = judgement == Judgement::Pending ? -1 : m_model->nextPending(lines.back());
    if (next >= 0) {
        m_view->selectRow(next);
    }
    showState();
}

void DataReview::acceptRest()
{
    std::vector<int> lines;
    for (int line = 0; line < m_model->rowCount(); ++line) {
        if (m_model->rows()[static_cast<std::size_t>(line)].judgement == Judgement::Pending) {
            lines.push_back(line);
        }
    }
    m_model->judge(lines, Judgement::Accepted);
    m_soon.start();
    showState();
}

void DataReview::showLine(int line)
{
    const bool has = line >= 0 && line < m_model->rowCount();
    const ReviewRow row = has ? m_model->rows()[static_cast<std::size_t>(line)] : ReviewRow{};
    const QString made = has ? row.prompt + QStringLiteral("\n\n") + row.answer : QString();
    const WordDiff diff = row.original.isEmpty() ? WordDiff{} : wordDiff(row.original, made);
    m_original->setText(row.original);
    m_original->setDifferences(diff.left);
    m_made->setText(made);
    m_made->setDifferences(diff.right);
}

void DataReview::showState()
{
    const int accepted = m_model->count(Judgement::Accepted);
    const int pending = m_model->count(Judgement::Pending);
    m_rest->setEnabled(pending > 0);
    m_keep->setEnabled(accepted > 0);
    const QString counts = m_model->rowCount() == 0 ? QString()
                                                    : tr("%1 accepted, %2 rejected, %3 wait. Nothing is learned from a row before it is accepted.")
                                                          .arg(accepted)
                                                          .arg(m_model->count(Judgement::Rejected))
                                                          .arg(pending);
    m_note->setText(m_problem.isEmpty() ? counts : m_problem);
}

void DataReview::save()
{
    m_saving.start(this, [path = m_path, rows = m_model->rows()] { return saveReview(path.toStdString(), rows); }, [this](const Result<void>& saved) {
        m_problem = saved ? QString() : QString::fromStdString(saved.message());
        showState();
    });
}

void DataReview::keepAccepted()
{
    struct Kept {
        QString file;
        std::int64_t rows = 0;
    };
    m_keep->setEnabled(false);
    const auto work = [path = m_path, rows = m_model->rows()]() -> Result<Kept> {
        const QString file = acceptedPath(path);
        const auto count = saveAccepted(file.toStdString(), rows);
        return count ? Result<Kept>(Kept{file, *count}) : count.error();
    };
    startJob(this, work, [this](const Result<Kept>& kept) {
        if (!kept) {
            m_problem = QString::fromStdString(kept.message());
            showState();
            return;
        }
        Q_EMIT accepted(kept->file, static_cast<int>(kept->rows));
        close();
    });
}

} // namespace luthier::ui
