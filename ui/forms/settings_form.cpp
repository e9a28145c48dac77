// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/settings_form.h"

#include "ui/base/window_sentence.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/form_row.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/vertical_scroll.h"

#include <QCoreApplication>
#include <QGridLayout>
#include <QToolButton>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kLabelWidth = 26; // units of space

} // namespace

SettingsForm::SettingsForm(RecipeDocument* document, const config::Part& part, QUndoStack* undo,
                           const std::set<std::string>& hidden, QWidget* parent)
    : QWidget(parent), m_document(document), m_undo(undo), m_part(part), m_grid(new QGridLayout(this)), m_more(new QToolButton(this))
{
    setObjectName(QString::fromStdString(part.key) + QStringLiteral("Form"));
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnMinimumWidth(0, space(kLabelWidth)); // forms under each other keep one line
    m_grid->setVerticalSpacing(space(1));
    m_more->setObjectName(QString::fromStdString(part.key) + QStringLiteral("More"));
    m_more->setText(tr("More settings"));
    m_more->setToolTip(tr("Settings that seldom need a change"));
    m_more->setCheckable(true);
    m_more->setAutoRaise(true);
    m_more->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    build(part, hidden);
    connect(m_more, &QToolButton::toggled, this, &SettingsForm::showRows);
    connect(document, &RecipeDocument::changed, this, &SettingsForm::refresh);
    showRows();
    showRules();
}

void SettingsForm::build(const config::Part& part, const std::set<std::string>& hidden)
{
    int gridRow = 0;
    for (const bool advanced : {false, true}) {
        if (advanced) {
            m_grid->addWidget(m_more, gridRow++, 0, 1, 2, Qt::AlignLeft);
        }
        for (const fields::Field& field : part.fields) {
            if (field.advanced != advanced || hidden.contains(field.key)) {
                continue;
            }
            auto* row = new FormRow(m_document, {&part, &field}, m_undo, m_grid, gridRow, this);
            gridRow += FormRow::kGridRows;
            m_rows[row->field().key()] = row;
            connect(row, &FormRow::problemChanged, this, &SettingsForm::problemsChanged);
        }
    }
}

bool SettingsForm::hasProblem() const
{
    return std::any_of(m_rows.begin(), m_rows.end(), [](const auto& entry) { return entry.second->hasProblem(); });
}

bool SettingsForm::reveal(const QString& key)
{
    const auto at = m_rows.find(key);
    if (at == m_rows.end() || !config::applies(m_document->config(), m_part, *at->second->field().field)) {
        return false;
    }
    if (at->second->field().field->advanced) {
        m_more->setChecked(true);
    }
    QWidget* editor = at->second->editor();
    editor->setFocus(Qt::ShortcutFocusReason);
    at->second->mark();
    scrollTo(editor);
    return true;
}

void SettingsForm::refresh(const QString& key)
{
    const QString kind = QString::fromStdString(m_part.key) + QStringLiteral(".kind");
    if (const auto at = m_rows.find(key); at != m_rows.end()) {
        at->second->refresh();
    }
    if (key.isEmpty() || key == QStringLiteral("method.kind") || key == QStringLiteral("objective.kind")) { // they decide what is usual
        for (const auto& [name, row] : m_rows) {
            row->refresh();
        }
    }
    if (!m_part.rows.empty() && (key.isEmpty() || key == kind)) {
        showRows();
    }
    showRules();
}

void SettingsForm::showRules()
{
    std::map<QString, QString> sentences;
    for (const config::BrokenRule& rule : m_document->brokenRules()) {
        for (const std::string& key : rule.keys) {
            sentences[QString::fromStdString(key)] = windowSentence(QString::fromStdString(rule.sentence));
        }
    }
    for (const auto& [key, row] : m_rows) {
        const auto broken = sentences.find(key);
        row->setRule(broken == sentences.end() ? QString() : broken->second);
    }
}

void SettingsForm::setSearch(const QString& words)
{
    m_search = words.simplified().split(u' ', Qt::SkipEmptyParts);
    showRows();
}

bool SettingsForm::isFound(const FormRow& row) const
{
    const fields::Field& field = *row.field().field;
    const QString all = translatedLabel(field) + u' ' + row.field().key() + u' ' + QCoreApplication::translate("Field", field.help.c_str());
    return std::all_of(m_search.begin(), m_search.end(), [&all](const QString& word) { return all.contains(word, Qt::CaseInsensitive); });
}

int SettingsForm::numShown() const
{
    return static_cast<int>(std::count_if(m_rows.begin(), m_rows.end(), [this](const auto& entry) {
        const fields::Field& field = *entry.second->field().field;
        return config::applies(m_document->config(), m_part, field) && (m_search.isEmpty() ? !field.advanced || m_more->isChecked() : isFound(*entry.second));
    }));
}

void SettingsForm::showRows()
{
    bool hasAdvanced = false;
    for (const auto& [key, row] : m_rows) {
        const fields::Field& field = *row->field().field;
        const bool applies = config::applies(m_document->config(), m_part, field);
        hasAdvanced |= applies && field.advanced;
        row->setVisible(applies && (m_search.isEmpty() ? !field.advanced || m_more->isChecked() : isFound(*row)));
    }
    m_more->setVisible(hasAdvanced && m_search.isEmpty());
    m_more->setIcon(icon(m_more->isChecked() ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right"), Token::TextQuiet));
}

} // namespace luthier::ui
