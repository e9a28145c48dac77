// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/help_dialog.h"

#include "ui/theme/theme.h"

#include <QDialogButtonBox>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace luthier::ui {

HelpDialog::HelpDialog(const QString& title, const QString& sentences, QWidget* parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("helpDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Help: %1").arg(title));
    auto* text = new QTextBrowser;
    text->setObjectName(QStringLiteral("helpText"));
    text->setAccessibleName(windowTitle());
    QString html = QStringLiteral("<h3>%1</h3>").arg(title.toHtmlEscaped());
    for (const QString& sentence : sentences.split(u'\n', Qt::SkipEmptyParts)) {
        html += QStringLiteral("<p>%1</p>").arg(sentence.toHtmlEscaped());
    }
    text->setHtml(html);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(text);
    layout->addWidget(buttons);
    resize(space(120), space(120));
}

} // namespace luthier::ui
