// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_search.h"

#include "ui/base/amounts.h"
#include "ui/bridge/job.h"
#include "ui/models/data/row_search.h"
#include "ui/widgets/buttons/tool_button.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QShortcut>
#include <QToolButton>

#include <algorithm>

namespace luthier::ui {
namespace {

QToolButton* flatButton(const QString& id, const QString& text, const QString& name, const QString& help)
{
    auto* made = makeToolButton(id, text, help);
    made->setAccessibleName(name); // the text is a sign, or short
    made->setAutoRaise(true);
    return made;
}

} // namespace

DataSearch::DataSearch(QWidget* parent)
    : QWidget(parent), m_search(new RowSearch(this)), m_text(new QLineEdit), m_regex(new QAction(tr("Regular expression"), this)),
      m_field(new QComboBox), m_count(new QLabel)
{
    m_previous = flatButton(QStringLiteral("findPrevious"), QStringLiteral("\u2191"), tr("Previous match"), tr("Previous match (Shift+F3)"));
    m_next = flatButton(QStringLiteral("findNext"), QStringLiteral("\u2193"), tr("Next match"), tr("Next match (F3)"));
    m_all = flatButton(QStringLiteral("showMatches"), tr("Show"), tr("Show the matching rows alone"), tr("Show the matching rows alone"));
    m_replace = flatButton(QStringLiteral("replace"), tr("Replace\u2026"), tr("Find and replace"),
                           tr("Replace in all rows, with a look at each change before (Ctrl+H)"));
    build();
    connect(m_text, &QLineEdit::textChanged, this, &DataSearch::start);
    connect(m_text, &QLineEdit::returnPressed, this, [this] { findNext(1); });
    connect(m_field, &QComboBox::activated, this, &DataSearch::start);
    connect(m_regex, &QAction::toggled, this, &DataSearch::start);
    connect(m_previous, &QToolButton::clicked, this, [this] { findNext(-1); });
    connect(m_next, &QToolButton::clicked, this, [this] { findNext(1); });
    connect(m_all, &QToolButton::clicked, this, [this] { Q_EMIT rowsWanted(tr("Matches of \u201c%1\u201d").arg(m_text->text()), m_search->orderedHits()); });
    connect(m_replace, &QToolButton::clicked, this, &DataSearch::replaceWanted);
    auto* escape = new QShortcut(QKeySequence(Qt::Key_Escape), m_text);
    escape->setContext(Qt::WidgetShortcut);
    escape->setWhatsThis(tr("End the search"));
    connect(escape, &QShortcut::activated, this, [this] {
        m_text->clear();
        Q_EMIT left();
    });
    connect(m_search, &RowSearch::hitsChanged, this, &DataSearch::showHits);
    connect(m_search, &RowSearch::finished, this, &DataSearch::showHits);
    showHits();
}

void DataSearch::build()
{
    m_text->setObjectName(QStringLiteral("search"));
    m_text->setPlaceholderText(tr("Find in rows"));
    m_text->setAccessibleName(tr("Find in rows"));
    m_text->setToolTip(tr("Find a text in the rows shown (Ctrl+F). F3 goes to the next, Shift+F3 to the one before, Esc ends."));
    m_text->setClearButtonEnabled(true);
    m_regex->setCheckable(true);
    m_regex->setIconText(QStringLiteral(".*"));
    m_regex->setToolTip(tr("Read it as a regular expression (PCRE2)"));
    auto* regex = makeActionButton(QStringLiteral("searchRegex"), m_regex);
    regex->setAutoRaise(true);
    m_field->setObjectName(QStringLiteral("searchField"));
    m_field->setAccessibleName(tr("Field to look in"));
    m_field->setToolTip(tr("Look in every field, or in one alone"));
    m_field->addItem(tr("any field"));
    m_count->setObjectName(QStringLiteral("searchCount"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_text, 1);
    row->addWidget(m_field);
    row->addWidget(regex);
    row->addWidget(m_count);
    row->addWidget(m_previous);
    row->addWidget(m_next);
    row->addWidget(m_all);
    row->addWidget(m_replace);
}

void DataSearch::setRows(DataDocument* document, std::optional<std::vector<std::int64_t>> rows)
{
    m_document = document;
    m_rows = std::move(rows);
    if (m_rows) {
        std::sort(m_rows->begin(), m_rows->end());
    }
    setEnabled(document != nullptr);
    readFields();
    start();
}

void DataSearch::readFields()
{
    if (!m_document || m_fieldsOf == m_document) {
        return;
    }
    m_fieldsOf = m_document;
    startJob(this, [dataset = m_document->dataset()] { return data::fieldNames(*dataset); },
             [this, document = m_document](const std::set<std::string>& names) {
                 if (document != m_document) {
                     return;
                 }
                 m_field->clear();
                 m_field->addItem(tr("any field"));
                 for (const std::string& name : names) {
                     m_field->addItem(QString::fromStdString(name), QString::fromStdString(name));
                 }
             });
}

void DataSearch::setCurrentRow(std::int64_t row)
{
    m_row = row;
    showHits();
}

void DataSearch::setOrder(std::function<int(std::int64_t row)> placeOf)
{
    m_search->setOrder(std::move(placeOf));
}

void DataSearch::take()
{
    m_text->setFocus(Qt::ShortcutFocusReason);
    m_text->selectAll();
}

QString DataSearch::text() const
{
    return m_text->text();
}

QString DataSearch::field() const
{
    return m_field->currentData().toString();
}

std::vector<std::pair<QString, QString>> DataSearch::fields() const
{
    std::vector<std::pair<QString, QString>> fields;
    for (int i = 0; i < m_field->count(); ++i) {
        fields.emplace_back(m_field->itemText(i), m_field->itemData(i).toString());
    }
    return fields;
}

bool DataSearch::isRegex() const
{
    return m_regex->isChecked();
}

void DataSearch::start()
{
    m_jumpToHit = false;
    m_problem.clear();
    if (!m_document || text().isEmpty()) {
        m_search->stop();
        return;
    }
    const text::PatternOptions options{.isRegex = isRegex()};
    auto pattern = text::TextPattern::compile(text().toStdString(), options);
    if (!pattern) {
        m_problem = QString::fromStdString(pattern.message());
        m_search->stop();
        return;
    }
    m_jumpToHit = true; // typing shows the first match at once
    m_search->start(m_document->dataset(), m_rows, {*pattern, field().toStdString(), data::plainNeedle(text().toStdString(), options)});
}

void DataSearch::findNext(int direction)
{
    const std::int64_t hit = m_search->nextHit(m_row, direction);
    if (hit >= 0) {
        m_jumpToHit = false;
        Q_EMIT rowWanted(hit);
    } else if (!m_search->isActive()) {
        take();
    }
}

void DataSearch::showHits()
{
    const auto count = static_cast<std::int64_t>(m_search->hits().size());
    const bool searching = m_search->isRunning();
    if (m_jumpToHit && count > 0) {
        m_jumpToHit = false;
        Q_EMIT rowWanted(m_search->numberOf(m_row) > 0 ? m_row : m_search->nextHit(m_row, 1)); // comes back with the row
    }
    const int position = m_search->numberOf(m_row);
    const QString dots = searching ? QStringLiteral("\u2026") : QString();
    QString text = m_problem.isEmpty() ? QString() : tr("not readable");
    if (m_search->isActive()) {
        text = count == 0 ? (searching ? tr("looking\u2026") : tr("no match"))
               : position > 0 ? tr("%1 of %2%3").arg(number(position), number(count), dots)
                              : tr("%Ln row(s)%1", nullptr, static_cast<int>(count)).arg(dots);
    }
    m_count->setText(text);
    m_count->setToolTip(m_problem);
    m_count->setVisible(!text.isEmpty());
    m_previous->setEnabled(count > 0);
    m_next->setEnabled(count > 0);
    m_all->setEnabled(count > 0 && !searching);
    for (QToolButton* step : {m_previous, m_next, m_all}) {
        step->setVisible(m_search->isActive());
    }
}

} // namespace luthier::ui
