// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/frame/accessible_roles.h"

#include <QAbstractButton>
#include <QAccessible>
#include <QAccessibleWidget>
#include <QString>

#include <array>

namespace luthier::ui {
namespace {

struct Row {
    QLatin1String className;
    QAccessible::Role role;
};

constexpr std::array kRows{
    Row{QLatin1String("luthier::ui::MethodButton"), QAccessible::RadioButton},
    Row{QLatin1String("luthier::ui::FieldBubble"), QAccessible::ListItem},
    Row{QLatin1String("luthier::ui::ConversationView"), QAccessible::List},
    Row{QLatin1String("luthier::ui::TokenStrip"), QAccessible::List},
    Row{QLatin1String("luthier::ui::ChartPanel"), QAccessible::Chart},
    Row{QLatin1String("luthier::ui::LengthHistogram"), QAccessible::Chart},
    Row{QLatin1String("luthier::ui::PointMap"), QAccessible::Chart},
    Row{QLatin1String("luthier::ui::RunBadge"), QAccessible::Button},
    Row{QLatin1String("luthier::ui::Banner"), QAccessible::AlertMessage},
    Row{QLatin1String("luthier::ui::FirstSteps"), QAccessible::Grouping},
    Row{QLatin1String("luthier::ui::Navigation"), QAccessible::Grouping},
    Row{QLatin1String("luthier::ui::TuneVerdict"), QAccessible::Grouping},
};

class RoleWidget : public QAccessibleWidget {
public:
    RoleWidget(QWidget* widget, QAccessible::Role role) : QAccessibleWidget(widget, role) {}

    QString text(QAccessible::Text kind) const override
    {
        const auto* button = qobject_cast<const QAbstractButton*>(object());
        const QString known = QAccessibleWidget::text(kind);
        return known.isEmpty() && button != nullptr && kind == QAccessible::Name ? button->text() : known;
    }

    QAccessible::State state() const override
    {
        QAccessible::State state = QAccessibleWidget::state();
        if (const auto* button = qobject_cast<const QAbstractButton*>(object())) {
            state.checkable = button->isCheckable();
            state.checked = button->isChecked();
        }
        return state;
    }

    QStringList actionNames() const override
    {
        const bool isButton = qobject_cast<const QAbstractButton*>(object()) != nullptr;
        return isButton ? QStringList{pressAction()} + QAccessibleWidget::actionNames() : QAccessibleWidget::actionNames();
    }

    void doAction(const QString& name) override
    {
        auto* button = qobject_cast<QAbstractButton*>(object());
        if (button != nullptr && name == pressAction()) {
            button->click();
        } else {
            QAccessibleWidget::doAction(name);
        }
    }
};

QAccessibleInterface* makeInterface(const QString& className, QObject* object)
{
    for (const Row& row : kRows) {
        if (className == row.className && object->isWidgetType()) {
            return new RoleWidget(static_cast<QWidget*>(object), row.role);
        }
    }
    return nullptr;
}

} // namespace

void tellAccessibleRoles()
{
    [[maybe_unused]] static const bool told = (QAccessible::installFactory(makeInterface), true);
}

} // namespace luthier::ui
