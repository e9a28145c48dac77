// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_tag_menu.h"

#include "ui/models/data/data_document.h"
#include "ui/widgets/tag_color.h"

#include <QLineEdit>
#include <QWidgetAction>

#include <algorithm>

namespace luthier::ui {
namespace {

constexpr int kLongestTag = 40; // characters

} // namespace

DataTagMenu::DataTagMenu(DataDocument* document, std::vector<std::int64_t> rows, QWidget* parent) : QMenu(parent)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setObjectName(QStringLiteral("tagMenu"));
    auto* name = new QLineEdit;
    name->setObjectName(QStringLiteral("newTag"));
    name->setMaxLength(kLongestTag);
    name->setPlaceholderText(tr("New tag"));
    name->setAccessibleName(tr("New tag"));
    name->setToolTip(tr("A short word, up to %1 characters. Enter tags the selected rows.").arg(kLongestTag));
    auto* line = new QWidgetAction(this);
    line->setDefaultWidget(name);
    addAction(line);
    connect(name, &QLineEdit::returnPressed, this, [this, document, rows, name] {
        if (const QString tag = name->text().simplified(); !tag.isEmpty()) {
            document->prepareTag(rows, tag, true);
        }
        close();
    });
    for (const auto& [tag, count] : document->tagCounts()) {
        const QString text = QString::fromStdString(tag);
        const bool onAll = std::all_of(rows.begin(), rows.end(), [&](std::int64_t row) { return document->tagsOf(row).contains(tag); });
        QAction* action = addAction(tagIcon(text), text);
        action->setCheckable(true);
        action->setChecked(onAll);
        connect(action, &QAction::triggered, this, [document, rows, text, onAll] { document->prepareTag(rows, text, !onAll); });
    }
    connect(this, &QMenu::aboutToShow, name, qOverload<>(&QWidget::setFocus), Qt::QueuedConnection);
}

} // namespace luthier::ui
