// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/windows/data_replace.h"

#include "ui/base/amounts.h"
#include "ui/models/data/replace_model.h"
#include "ui/pages/data/data_search.h"
#include "ui/pages/data/windows/data_change_view.h"
#include "ui/widgets/conversation/diff_text.h"
#include "ui/widgets/named_button.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

constexpr int kSoonMs = 250; // typing goes on before all rows are looked at
constexpr QSize kSize(920, 620);

} // namespace

DataReplace::DataReplace(DataDocument* document, const DataSearch& search, QWidget* parent)
    : QDialog(parent), m_document(document), m_model(new ReplaceModel(this)), m_find(new QLineEdit(search.text())),
      m_with(new QLineEdit), m_field(new QComboBox),
      m_regex(option(QStringLiteral("replaceRegex"), tr("Regular e&xpression"), tr("PCRE2; $1 and ${name} stand for groups"))),
      m_case(option(QStringLiteral("replaceCase"), tr("Match &case"), tr("Capital and small letters differ"))),
      m_word(option(QStringLiteral("replaceWord"), tr("&Whole words"), tr("Not inside longer words"))), m_count(new QLabel),
      m_view(new QTableView), m_before(diffText(QStringLiteral("replaceBefore"), tr("Before"))),
      m_after(diffText(QStringLiteral("replaceAfter"), tr("After"))),
      m_accept(makeButton(QStringLiteral("acceptReplace"), {}, tr("Does the ticked changes as one step (Ctrl+Z undoes it)")))
{
    setObjectName(QStringLiteral("replaceDialog"));
    setWindowTitle(tr("Find and replace"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(kSize.boundedTo(parent == nullptr ? kSize : parent->window()->size())); // not larger than what it stands over
    build(search);
    m_soon.setSingleShot(true);
    m_soon.setInterval(kSoonMs);
    const auto soon = [this] { m_soon.start(); };
    connect(&m_soon, &QTimer::timeout, this, &DataReplace::findChanges);
    connect(m_find, &QLineEdit::textChanged, this, soon);
    connect(m_with, &QLineEdit::textChanged, this, soon);
    connect(m_field, &QComboBox::currentIndexChanged, this, soon);
    for (QCheckBox* box : {m_regex, m_case, m_word}) {
        connect(box, &QCheckBox::toggled, this, soon);
    }
    connect(m_model, &QAbstractItemModel::dataChanged, this, &DataReplace::showCount);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { showChange(current.row()); });
    connect(m_accept, &QPushButton::clicked, this, &DataReplace::acceptChanges);
    connect(document, &QObject::destroyed, this, &QDialog::close);
    findChanges();
}

QCheckBox* DataReplace::option(const QString& id, const QString& text, const QString& help)
{
    auto* box = new QCheckBox(text);
    box->setObjectName(id);
    box->setToolTip(help);
    return box;
}

void DataReplace::build(const DataSearch& search)
{
    m_find->setObjectName(QStringLiteral("replaceFind"));
    m_find->setAccessibleName(tr("Text to find"));
    m_find->setToolTip(tr("The text or pattern to find in all rows"));
    m_with->setObjectName(QStringLiteral("replaceWith"));
    m_with->setAccessibleName(tr("Replacement"));
    m_with->setToolTip(tr("What stands there instead; empty removes it"));
    m_field->setObjectName(QStringLiteral("replaceField"));
    m_field->setAccessibleName(tr("Field to replace in"));
    m_field->setToolTip(tr("Replace in every field, or in one alone"));
    for (const auto& [name, value] : search.fields()) {
        m_field->addItem(name, value);
    }
    m_field->setCurrentIndex(std::max(0, m_field->findData(search.field())));
    m_regex->setChecked(search.isRegex());
    m_view->setObjectName(QStringLiteral("replacements"));
    m_view->setAccessibleName(tr("Changes"));
    m_view->setToolTip(tr("Space ticks a change on or off"));
    showChanges(m_view, m_model);
    m_count->setObjectName(QStringLiteral("replaceCount"));
    m_count->setWordWrap(true);

    auto* form = new QFormLayout;
    form->addRow(tr("&Find"), m_find);
    form->addRow(tr("&Replace with"), m_with);
    auto* options = new QHBoxLayout;
    for (QWidget* widget : {static_cast<QWidget*>(m_field), static_cast<QWidget*>(m_regex), static_cast<QWidget*>(m_case), static_cast<QWidget*>(m_word)}) {
        options->addWidget(widget);
    }
    options->addStretch();
    auto* sides = new QHBoxLayout;
    sides->addWidget(m_before);
    sides->addWidget(m_after);
    auto* close = makeButton(QStringLiteral("closeReplace"), tr("Close"), tr("Changes nothing (Esc)"));
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_count, 1);
    buttons->addWidget(close);
    buttons->addWidget(m_accept);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addLayout(options);
    layout->addWidget(m_view, 3);
    layout->addLayout(sides, 2);
    layout->addLayout(buttons);
    close->setAutoDefault(false); // Return in a line replaces where there is something to replace, and never closes
    m_accept->setDefault(true);
}

void DataReplace::findChanges()
{
    m_remark.clear();
    m_model->setReplacements({});
    m_finding.cancel();
    showChange(-1);
    const text::PatternOptions options{m_regex->isChecked(), m_case->isChecked(), m_word->isChecked()};
    const std::string wanted = m_find->text().toStdString();
    auto pattern = text::TextPattern::compile(wanted, options);
    if (!m_document || !pattern) {
        m_remark = pattern || wanted.empty() ? QString() : QString::fromStdString(pattern.message());
        showCount();
        return;
    }
    const data::RowQuery query{*pattern, m_field->currentData().toString().toStdString(), data::plainNeedle(wanted, options)};
    m_finding.start(
        this,
        [dataset = m_document->dataset(), query, with = m_with->text().toStdString()](const JobControl& control) {
            return findReplacements(*dataset, query, with, control);
        },
        [this](const Replacements& found) {
            m_remark = !found.problem.isEmpty() ? found.problem
                       : found.isComplete       ? QString()
                                                : tr("There are more; one step changes %1 rows at most.").arg(number(kMostReplaced));
            m_model->setReplacements(found.rows);
            m_view->setCurrentIndex(m_model->index(0, 0));
            showCount();
        });
    showCount();
}

void DataReplace::showChange(int line)
{
    const bool has = line >= 0 && line < m_model->rowCount();
    const QString before = has ? m_model->at(line).before : QString();
    const QString after = has ? m_model->at(line).after : QString();
    const WordDiff diff = wordDiff(before, after);
    m_before->setText(before);
    m_before->setDifferences(diff.left);
    m_after->setText(after);
    m_after->setDifferences(diff.right);
}

void DataReplace::showCount()
{
    const int wanted = m_model->numWanted();
    m_accept->setEnabled(wanted > 0);
    m_accept->setText(tr("Replace in %Ln row(s)", nullptr, wanted));
    const QString count = m_finding.isRunning() ? tr("looking\u2026") : m_find->text().isEmpty() ? QString() : tr("%Ln row(s) would change.", nullptr, m_model->rowCount());
    m_count->setText(m_remark.isEmpty() ? count : count + u' ' + m_remark);
}

void DataReplace::acceptChanges()
{
    if (!m_document) {
        return;
    }
    store::EditStep step;
    step.rows = m_model->wanted();
    for (store::RowChange& change : step.rows) {
        change.before = m_document->dataset()->edit(change.row); // as it is now
    }
    m_document->prepareStep(std::move(step), tr("replacing in %Ln row(s)", nullptr, m_model->numWanted()));
    close();
}

} // namespace luthier::ui
