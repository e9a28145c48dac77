// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/pipeline/stage_settings.h"

#include "ui/forms/field_editor.h"
#include "ui/forms/number_box.h"
#include "ui/forms/settings_form.h"
#include "ui/theme/theme.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/vertical_scroll.h"

#include <QAction>
#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QPushButton>
#include <QStringList>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <set>
#include <string_view>

namespace luthier::ui {

namespace {

// Chosen on the page, or made by a stage before.
const std::set<std::string>& hiddenOf(std::string_view part)
{
    static const std::set<std::string> none;
    static const std::set<std::string> data{"train"};
    static const std::set<std::string> objective{"kind", "reward_model", "rewards"};
    return part == "data" ? data : part == "objective" ? objective : none;
}

} // namespace

QString settingsLine(const pipeline::Settings& settings)
{
    QStringList said;
    for (const auto& [key, value] : settings) {
        const FieldRef setting = RecipeDocument::find(QString::fromStdString(key));
        //: a setting and its value
        said += QCoreApplication::translate("StageSettings", "%1: %2").arg(setting ? translatedLabel(*setting.field) : QString::fromStdString(key),
                                                                           tidyNumber(QString::fromStdString(value)));
    }
    return said.join(QStringLiteral(", "));
}

StageSettings::StageSettings(const QString& stage, const config::RunConfig& usual, const config::RunConfig& now, QWidget* parent)
    : QDialog(parent), m_usual(usual), m_note(new StatusLabel(Token::TextQuiet))
{
    setObjectName(QStringLiteral("stageSettings"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Settings of \"%1\"").arg(stage));
    m_document.replace(now);
    auto* tabs = new QTabWidget;
    tabs->setObjectName(QStringLiteral("stageSettingsTabs"));
    tabs->setAccessibleName(tr("Parts of the recipe"));
    const auto addPart = [&](std::string_view key) {
        const config::Part* part = config::findPart(key);
        if (!part) {
            return;
        }
        auto* page = new QWidget;
        auto* column = new QVBoxLayout(page);
        auto* form = new SettingsForm(&m_document, *part, &m_undo, hiddenOf(key));
        column->addWidget(form);
        column->addStretch(1);
        tabs->addTab(new VerticalScroll(page), QCoreApplication::translate("Field", part->label.c_str()));
        m_forms.push_back(form);
        connect(form, &SettingsForm::problemsChanged, this, &StageSettings::refresh);
    };
    for (const char* part : {"run", "optimizer", "objective", "method", "schedule", "data"}) { // the first are those that are changed most
        addPart(part);
    }
    m_note->setObjectName(QStringLiteral("stageSettingsNote"));
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_use = buttons->addButton(tr("Use these settings"), QDialogButtonBox::AcceptRole);
    m_use->setObjectName(QStringLiteral("stageSettingsUse"));
    m_use->setToolTip(tr("The stage's next run has them; a run that is there stays as it is"));
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(tabs, 1);
    layout->addWidget(m_note);
    layout->addWidget(buttons);
    resize(space(160), space(130));
    for (QAction* step : {m_undo.createUndoAction(this), m_undo.createRedoAction(this)}) {
        addAction(step);
    }
    actions().front()->setShortcut(QKeySequence::Undo);
    actions().back()->setShortcut(QKeySequence::Redo);
    connect(&m_document, &RecipeDocument::changed, this, &StageSettings::refresh);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT chosen(settings());
        accept();
    });
    refresh();
}

pipeline::Settings StageSettings::settings() const
{
    pipeline::Settings own;
    for (const config::Difference& changed : config::difference(m_usual, m_document.config())) {
        own.emplace_back(changed.key, changed.right);
    }
    return own;
}

void StageSettings::refresh()
{
    const bool isTyped = std::none_of(m_forms.begin(), m_forms.end(), [](const SettingsForm* form) { return form->hasProblem(); });
    const QString changed = settingsLine(settings());
    m_note->setToken(isTyped ? Token::TextQuiet : Token::Bad);
    m_note->setText(!isTyped             ? tr("Something typed is no value; its field says why.")
                    : changed.isEmpty() ? tr("All settings are the usual ones of this stage.")
                                         : tr("Other than usual: %1").arg(changed));
    m_use->setEnabled(isTyped);
}

} // namespace luthier::ui
