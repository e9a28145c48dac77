// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/field_editor.h"

#include "ui/base/typed_number.h"
#include "ui/forms/number_box.h"
#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalBlocker>

#include <algorithm>
#include <array>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kListLines = 3;
constexpr int kLeastCharacters = 8; // of a choice

class CheckEditor : public FieldEditor {
public:
    CheckEditor(const RecipeDocument& document, const FieldRef& field, QWidget* parent)
        : FieldEditor(document, field, new QCheckBox(parent), parent), m_box(static_cast<QCheckBox*>(widget()))
    {
        connect(m_box, &QCheckBox::toggled, this, [this](bool on) {
            Q_EMIT edited(checked(on));
            Q_EMIT finished();
        });
    }
    void show(const fields::Value& value) override
    {
        const QSignalBlocker quiet(m_box);
        m_box->setChecked(std::get<bool>(value));
    }

private:
    QCheckBox* m_box;
};

class ChoiceEditor : public FieldEditor {
public:
    ChoiceEditor(const RecipeDocument& document, const FieldRef& field, QWidget* parent)
        : FieldEditor(document, field, new QComboBox(parent), parent), m_box(static_cast<QComboBox*>(widget())), m_choices(field.field->choices)
    {
        for (const fields::Choice& choice : m_choices) {
            if (choice.offered) {
                add(choice);
            }
        }
        m_box->setFocusPolicy(Qt::StrongFocus);
        // Its longest choice must not push the form out of a narrow column.
        m_box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        m_box->setMinimumContentsLength(kLeastCharacters);
        m_box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        connect(m_box, &QComboBox::activated, this, [this] {
            Q_EMIT edited(checked(m_box->currentData().toString().toStdString()));
            Q_EMIT finished();
        });
    }
    void show(const fields::Value& value) override
    {
        const auto& id = std::get<std::string>(value);
        // What an old recipe says is seen while it says so; nobody is offered it again.
        const auto chosen = std::find_if(m_choices.begin(), m_choices.end(), [&](const fields::Choice& choice) { return choice.id == id; });
        if (m_unoffered >= 0) {
            m_box->removeItem(std::exchange(m_unoffered, -1));
        }
        if (chosen != m_choices.end() && !chosen->offered) {
            m_unoffered = m_box->count();
            add(*chosen);
        }
        m_box->setCurrentIndex(m_box->findData(QString::fromStdString(id)));
    }

private:
    void add(const fields::Choice& choice)
    {
        m_box->addItem(QCoreApplication::translate("Field", choice.label.c_str()), QString::fromStdString(choice.id));
    }

    QComboBox* m_box;
    const std::vector<fields::Choice>& m_choices;
    int m_unoffered = -1; // where the one stands that is shown, but not offered
};

class NumberEditor : public FieldEditor {
public:
    NumberEditor(const RecipeDocument& document, const FieldRef& field, QWidget* parent)
        : FieldEditor(document, field, new NumberBox(kindOf(document, field), parent), parent),
          m_box(static_cast<NumberBox*>(widget()))
    {
        m_box->setLimits(field.field->range.low, field.field->range.high);
        connect(m_box, &NumberBox::edited, this, [this](const QString& text) { Q_EMIT edited(parse(text)); });
        // On leaving, the value that was taken stands there; what was none stays, with its sentence.
        connect(this, &FieldEditor::finished, this, [this] {
            if (const Result<fields::Value> taken = parse(m_box->text())) {
                m_box->setText(QString::fromStdString(fields::toText(*taken)));
            }
        });
    }
    void show(const fields::Value& value) override
    {
        // 1e-4 typed is 0.0001 kept: the text stays as the person wrote it while it means the same.
        const Result<fields::Value> shown = parse(m_box->text());
        if (!shown || *shown != value) {
            m_box->setText(QString::fromStdString(fields::toText(value)));
        }
    }

private:
    static NumberBox::Kind kindOf(const RecipeDocument& document, const FieldRef& field)
    {
        return std::holds_alternative<std::int64_t>(document.value(field)) ? NumberBox::Kind::Whole : NumberBox::Kind::Real;
    }

    NumberBox* m_box;
};

class LineEditor : public FieldEditor {
public:
    LineEditor(const RecipeDocument& document, const FieldRef& field, QWidget* parent)
        : FieldEditor(document, field, new QLineEdit(parent), parent), m_line(static_cast<QLineEdit*>(widget()))
    {
        connect(m_line, &QLineEdit::textEdited, this, [this](const QString& text) { Q_EMIT edited(checked(text.toStdString())); });
    }
    void show(const fields::Value& value) override
    {
        const QString text = QString::fromStdString(std::get<std::string>(value));
        if (text != m_line->text()) {
            m_line->setText(text);
        }
    }

private:
    QLineEdit* m_line;
};

class ListEditor : public FieldEditor {
public:
    ListEditor(const RecipeDocument& document, const FieldRef& field, QWidget* parent)
        : FieldEditor(document, field, new QPlainTextEdit(parent), parent), m_lines(static_cast<QPlainTextEdit*>(widget()))
    {
        m_lines->setTabChangesFocus(true);
        m_lines->setPlaceholderText(QCoreApplication::translate("FieldEditor", "One per line"));
        m_lines->setFixedHeight(m_lines->fontMetrics().lineSpacing() * kListLines + space(3));
        connect(m_lines, &QPlainTextEdit::textChanged, this, [this] { Q_EMIT edited(checked(lines())); });
    }
    void show(const fields::Value& value) override
    {
        if (lines() == std::get<std::vector<std::string>>(value)) {
            return;
        }
        QStringList texts;
        for (const std::string& line : std::get<std::vector<std::string>>(value)) {
            texts += QString::fromStdString(line);
        }
        const QSignalBlocker quiet(m_lines);
        m_lines->setPlainText(texts.join(u'\n'));
    }

private:
    std::vector<std::string> lines() const
    {
        std::vector<std::string> found;
        const QStringList texts = m_lines->toPlainText().split(u'\n');
        for (const QString& text : texts) {
            if (!text.trimmed().isEmpty()) {
                found.push_back(text.trimmed().toStdString());
            }
        }
        return found;
    }

    QPlainTextEdit* m_lines;
};

} // namespace

FieldEditor::FieldEditor(const RecipeDocument& document, const FieldRef& field, QWidget* widget, QWidget* parent)
    : QObject(parent), m_document(document), m_field(field), m_widget(widget)
{
    m_widget->setObjectName(field.key());
    m_widget->setAccessibleName(translatedLabel(*field.field));
    m_widget->setAccessibleDescription(tooltipOf(*field.field));
    m_widget->setToolTip(tooltipOf(*field.field));
    m_widget->installEventFilter(this);
}

FieldEditor* FieldEditor::make(const RecipeDocument& document, const FieldRef& field, QWidget* parent)
{
    if (!field.field->choices.empty()) {
        return new ChoiceEditor(document, field, parent);
    }
    // In the order of fields::Value's alternatives.
    using Maker = FieldEditor* (*)(const RecipeDocument&, const FieldRef&, QWidget*);
    static constexpr std::array<Maker, 5> makers{
        [](const RecipeDocument& d, const FieldRef& f, QWidget* p) -> FieldEditor* { return new CheckEditor(d, f, p); },
        [](const RecipeDocument& d, const FieldRef& f, QWidget* p) -> FieldEditor* { return new NumberEditor(d, f, p); },
        [](const RecipeDocument& d, const FieldRef& f, QWidget* p) -> FieldEditor* { return new NumberEditor(d, f, p); },
        [](const RecipeDocument& d, const FieldRef& f, QWidget* p) -> FieldEditor* { return new LineEditor(d, f, p); },
        [](const RecipeDocument& d, const FieldRef& f, QWidget* p) -> FieldEditor* { return new ListEditor(d, f, p); },
    };
    static_assert(makers.size() == std::variant_size_v<fields::Value>);
    return makers[document.value(field).index()](document, field, parent);
}

Result<fields::Value> FieldEditor::checked(const fields::Value& value) const
{
    if (Result<void> fits = m_document.check(m_field, value); !fits) {
        return fits.error();
    }
    return value;
}

bool FieldEditor::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::FocusOut) {
        Q_EMIT finished();
    } else if (event->type() == QEvent::KeyPress || event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
            return takeUndoKeys(event, key->matches(QKeySequence::Undo));
        }
        const bool isReturn = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (event->type() == QEvent::KeyPress && isReturn && qobject_cast<QPlainTextEdit*>(m_widget) == nullptr) { // a line of a list there
            Q_EMIT finished();
        }
    }
    return QObject::eventFilter(watched, event);
}

// Text fields have an undo of their own that goes through key strokes, each of them a value. Here what was changed is undone, by
// the window's keys; what was typed and is no value goes first.
bool FieldEditor::takeUndoKeys(QEvent* event, bool undo)
{
    if (event->type() == QEvent::ShortcutOverride) {
        event->setAccepted(undo && m_holdsNoValue);
    } else if (undo && m_holdsNoValue) {
        Q_EMIT undoWanted();
        event->accept();
    } else {
        event->ignore(); // nobody has a shortcut for them here
    }
    return true;
}

QString translatedLabel(const fields::Field& field)
{
    return QCoreApplication::translate("Field", field.label.c_str());
}

QString tooltipOf(const fields::Field& field)
{
    const QString help = QCoreApplication::translate("Field", field.help.c_str());
    // What a choice allows stands in its list, and most helps say the range themselves.
    const QString allowed = field.choices.empty() ? QString::fromStdString(fields::describeAllowed(field)) : QString();
    return allowed.isEmpty() || help.contains(allowed, Qt::CaseInsensitive) ? help : QCoreApplication::translate("FieldEditor", "%1\nAllowed: %2").arg(help, allowed);
}

QString shownValue(const fields::Field& field, const fields::Value& value)
{
    const std::string text = fields::toText(value);
    const auto choice = std::find_if(field.choices.begin(), field.choices.end(),
                                     [&text](const fields::Choice& candidate) { return candidate.id == text; });
    if (choice != field.choices.end()) {
        return QCoreApplication::translate("Field", choice->label.c_str());
    }
    if (const bool* on = std::get_if<bool>(&value)) {
        return *on ? QCoreApplication::translate("FieldEditor", "on") : QCoreApplication::translate("FieldEditor", "off");
    }
    if (text.empty()) {
        return QCoreApplication::translate("FieldEditor", "empty");
    }
    return std::holds_alternative<double>(value) ? spokenNumber(tidyNumber(QString::fromStdString(text))) : QString::fromStdString(text);
}

} // namespace luthier::ui
