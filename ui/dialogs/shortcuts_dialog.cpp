// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/shortcuts_dialog.h"

#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QAction>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QShortcut>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {

std::vector<ShortcutLine> shortcutsBelow(const QObject* root, const QString& place)
{
    std::vector<ShortcutLine> lines;
    const auto add = [&](const QString& action, const QString& keys) {
        const auto known = std::find_if(lines.begin(), lines.end(), [&action](const ShortcutLine& line) { return line.action == action; });
        if (known == lines.end()) {
            lines.push_back({action, keys, place});
        } else if (!known->keys.split(QStringLiteral(", ")).contains(keys)) {
            known->keys += QStringLiteral(", ") + keys;
        }
    };
    for (const QAction* action : root->findChildren<QAction*>()) {
        for (const QKeySequence& keys : action->shortcuts()) {
            if (!action->isSeparator() && !keys.isEmpty()) {
                add(action->iconText(), keys.toString(QKeySequence::NativeText));
            }
        }
    }
    for (const QShortcut* shortcut : root->findChildren<QShortcut*>()) {
        if (!shortcut->whatsThis().isEmpty()) {
            add(shortcut->whatsThis(), shortcut->key().toString(QKeySequence::NativeText));
        }
    }
    for (const QAbstractButton* button : root->findChildren<QAbstractButton*>()) {
        if (!button->shortcut().isEmpty() && button->shortcut() != QKeySequence::mnemonic(button->text())) {
            add(button->text().isEmpty() ? button->accessibleName() : button->text(), button->shortcut().toString(QKeySequence::NativeText));
        }
    }
    for (const QWidget* widget : root->findChildren<QWidget*>()) {
        for (const QString& line : widget->property("keyHelp").toStringList()) {
            add(line.section(u'\t', 1), line.section(u'\t', 0, 0));
        }
    }
    return lines;
}

ShortcutsDialog::ShortcutsDialog(const std::vector<ShortcutLine>& lines, QWidget* parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("shortcutsDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Shortcuts"));
    auto* table = new QTableWidget(static_cast<int>(lines.size()), 3);
    table->setTabKeyNavigation(false); // Tab leads out of it
    table->setObjectName(QStringLiteral("shortcuts"));
    table->setAccessibleName(tr("Shortcuts"));
    table->setHorizontalHeaderLabels({tr("Action"), tr("Keys"), tr("Where")});
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->verticalHeader()->hide();
    table->setShowGrid(false);
    int row = 0;
    for (const ShortcutLine& line : lines) {
        table->setItem(row, 0, new QTableWidgetItem(line.action));
        table->setItem(row, 1, new QTableWidgetItem(line.keys));
        table->setItem(row++, 2, new QTableWidgetItem(line.place.isEmpty() ? tr("everywhere") : line.place));
    }
    // One with many keys has several lines: in one they left no room for what the keys do.
    table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    table->horizontalHeader()->setSectionResizeMode(1, QHeaderView::Stretch);
    table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table->horizontalHeader()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(table);
    layout->addWidget(buttons);
    resize(space(140), space(110));
}

} // namespace luthier::ui
