// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/tune/tune_way.h"

#include "core/objectives/objectives.h"
#include "core/peft/methods/method.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/set_field.h"
#include "ui/forms/settings_form.h"
#include "ui/pages/tune/method_button.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/status_label.h"
#include "ui/widgets/buttons/tool_button.h"
#include "ui/widgets/vertical_scroll.h"

#include <QButtonGroup>
#include <QCoreApplication>
#include <QLineEdit>
#include <QToolButton>
#include <QUndoStack>
#include <QVBoxLayout>

namespace luthier::ui {
namespace {

const char kKind[] = "method.kind";
const char kObjective[] = "objective.kind";

struct FormPlace {
    const char* part;
    std::set<std::string> hidden;
};

const std::vector<FormPlace>& places()
{
    static const std::vector<FormPlace> table{{"method", {"kind"}}, {"objective", {}}, {"optimizer", {}}, {"schedule", {}},
                                              {"run", {}}};
    return table;
}

// As many a line as there is room for.
FlowLayout* flowIn(QWidget* widget)
{
    auto* flow = new FlowLayout(space(1), widget);
    flow->setContentsMargins(0, 0, 0, 0);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    widget->setSizePolicy(policy);
    return flow;
}

} // namespace

TuneWay::TuneWay(RecipeDocument* document, QUndoStack* undo, QWidget* parent)
    : Card(tr("This way"), parent), m_document(document), m_undo(undo)
{
    setObjectName(QStringLiteral("tuneWay"));
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, space(2), 0);
    m_search = new QLineEdit;
    column->addWidget(buildMethods()); // scrolls with the rest: a large font leaves no room for all of them beside the settings
    column->addWidget(m_search);
    for (const FormPlace& place : places()) {
        const config::Part* part = config::findPart(place.part);
        auto* form = new SettingsForm(document, *part, undo, place.hidden);
        auto* title = new StatusLabel(QCoreApplication::translate("Field", part->label.c_str()), Token::TextQuiet);
        title->setFont(textFont(TextSize::Small));
        column->addWidget(title);
        column->addWidget(form);
        m_titles.push_back(title);
        m_forms.push_back(form);
        if (part->key == "objective") {
            m_objectiveHelp = new StatusLabel(Token::TextQuiet);
            m_objectiveHelp->setObjectName(QStringLiteral("objectiveHelp"));
            m_objectiveHelp->setFont(textFont(TextSize::Small));
            m_objectiveHelp->setWordWrap(true);
            column->addWidget(m_objectiveHelp);
        }
    }
    column->addStretch();
    auto* several = makeToolButton(QStringLiteral("openShootout"), tr("Try several\u2026"),
                                   tr("The same data by several methods, one after the other, in one table (Ctrl+Shift+T)"));
    connect(several, &QToolButton::clicked, this, &TuneWay::shootoutWanted);
    auto* advise = makeToolButton(QStringLiteral("openAdvice"), tr("Advise me\u2026"), tr("Prompting or tuning, by which method and recipe, with the reasons"));
    connect(advise, &QToolButton::clicked, this, &TuneWay::adviceWanted);
    auto* trials = makeToolButton(QStringLiteral("openTrials"), tr("Rates\u2026"), tr("Find a learning rate, and sweep over settings"));
    connect(trials, &QToolButton::clicked, this, &TuneWay::trialsWanted);
    auto* links = new QWidget;
    FlowLayout* flow = flowIn(links);
    for (QToolButton* link : {advise, trials, several}) {
        link->setAutoRaise(true);
        flow->addWidget(link);
    }
    m_search->setObjectName(QStringLiteral("settingSearch"));
    m_search->setAccessibleName(tr("Find a setting"));
    m_search->setPlaceholderText(tr("Find a setting"));
    m_search->setToolTip(tr("Words of its name, key or help; folded settings are found, too"));
    m_search->setClearButtonEnabled(true);
    connect(m_search, &QLineEdit::textChanged, this, &TuneWay::search);
    body()->addWidget(links);
    body()->addWidget(new VerticalScroll(content), 1);
    connect(document, &RecipeDocument::changed, this, [this](const QString& key) {
        if (key.isEmpty() || key == QLatin1String(kKind)) {
            showMethod();
        }
        if (key.isEmpty() || key == QLatin1String(kObjective)) {
            showObjective();
        }
    });
    showMethod();
    showObjective();
}

QWidget* TuneWay::buildMethods()
{
    auto* buttons = new QWidget;
    FlowLayout* flow = flowIn(buttons);
    auto* group = new QButtonGroup(this);
    for (const peft::Method& method : peft::methods()) {
        auto* button = new MethodButton(QCoreApplication::translate("Method", method.label.c_str()),
                                        QCoreApplication::translate("Method", method.help.c_str()));
        button->setObjectName(QStringLiteral("method.") + QString::fromStdString(method.id));
        group->addButton(button);
        flow->addWidget(button);
        m_methods[method.id] = button;
        connect(button, &QAbstractButton::clicked, this, [this, id = method.id] { chooseMethod(id); });
    }
    m_methodHelp = new StatusLabel(Token::TextQuiet);
    m_methodHelp->setFont(textFont(TextSize::Small));
    m_methodHelp->setWordWrap(true);
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space(1));
    column->addWidget(buttons);
    column->addWidget(m_methodHelp);
    return box;
}

void TuneWay::chooseMethod(const std::string& id)
{
    setKind(m_undo, m_document, RecipeDocument::find(QLatin1String(kKind)), id, tr("change of method"));
}

QAbstractButton* TuneWay::chosenMethod() const
{
    const auto button = m_methods.find(m_document->config().method.kind);
    return button == m_methods.end() ? nullptr : button->second;
}

void TuneWay::clearSearch()
{
    m_search->clear();
}

void TuneWay::search(const QString& words)
{
    for (std::size_t i = 0; i < m_forms.size(); ++i) {
        m_forms[i]->setSearch(words);
        const bool any = words.trimmed().isEmpty() || m_forms[i]->numShown() > 0;
        m_titles[i]->setVisible(any);
        m_forms[i]->setVisible(any);
    }
    m_objectiveHelp->setVisible(words.trimmed().isEmpty());
}

void TuneWay::showMethod()
{
    const std::string& kind = m_document->config().method.kind;
    if (const auto button = m_methods.find(kind); button != m_methods.end()) {
        button->second->setChecked(true);
    }
    if (const peft::Method* method = peft::findMethod(kind)) {
        m_methodHelp->setText(QCoreApplication::translate("Method", method->help.c_str()));
    }
}

void TuneWay::showObjective()
{
    if (const objectives::Objective* objective = objectives::findObjective(m_document->config().objective.kind)) {
        m_objectiveHelp->setText(QCoreApplication::translate("Objective", objective->help.c_str()));
    }
}

} // namespace luthier::ui
