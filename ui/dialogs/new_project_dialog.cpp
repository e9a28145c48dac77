// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/new_project_dialog.h"

#include "ui/dialogs/file_dialogs.h"
#include "ui/theme/theme.h"
#include "ui/widgets/named_button.h"
#include "ui/widgets/status_label.h"

#include <QDialogButtonBox>
#include <QDir>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QVBoxLayout>

namespace luthier::ui {

NewProjectDialog::NewProjectDialog(const QString& place, QWidget* parent)
    : QDialog(parent), m_name(new QLineEdit), m_place(new QLineEdit(place)), m_note(new StatusLabel(Token::TextQuiet)), m_make(nullptr)
{
    setObjectName(QStringLiteral("newProjectDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("New project"));
    m_name->setObjectName(QStringLiteral("projectName"));
    m_name->setAccessibleName(tr("Name"));
    m_name->setToolTip(tr("The project's folder is called so"));
    m_place->setObjectName(QStringLiteral("projectPlace"));
    m_place->setAccessibleName(tr("In the folder"));
    m_place->setToolTip(tr("The folder that the project's own is made in"));
    m_note->setObjectName(QStringLiteral("projectNote"));
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    auto* browse = makeButton(QStringLiteral("projectBrowse"), tr("Choose\u2026"), tr("Choose the folder that the project is made in"));
    auto* where = new QHBoxLayout;
    where->addWidget(m_place, 1);
    where->addWidget(browse);
    auto* form = new QFormLayout;
    form->addRow(tr("&Name"), m_name);
    form->addRow(tr("&In the folder"), where);
    qobject_cast<QLabel*>(form->labelForField(where))->setBuddy(m_place); // a layout is none
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_make = buttons->addButton(tr("Make the project"), QDialogButtonBox::AcceptRole);
    m_make->setObjectName(QStringLiteral("makeProject"));
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(m_note);
    layout->addWidget(buttons);
    setMinimumWidth(space(130));
    connect(m_name, &QLineEdit::textChanged, this, &NewProjectDialog::refresh);
    connect(m_place, &QLineEdit::textChanged, this, &NewProjectDialog::refresh);
    connect(browse, &QPushButton::clicked, this, &NewProjectDialog::choosePlace);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT chosen(folder());
        accept();
    });
    refresh();
}

QString NewProjectDialog::folder() const
{
    const QString name = m_name->text().trimmed();
    const QString place = m_place->text().trimmed();
    return name.isEmpty() || place.isEmpty() ? QString() : QDir::cleanPath(QDir(QDir(place).absolutePath()).filePath(name));
}

void NewProjectDialog::refresh()
{
    const QString path = folder();
    const QFileInfo info(path);
    const bool isProject = QFileInfo::exists(path + QStringLiteral("/luthier.db"));
    const bool isFile = !path.isEmpty() && info.exists() && !info.isDir();
    QString said = path.isEmpty() ? tr("Give it a name.") : tr("%1 will be made.").arg(QDir::toNativeSeparators(path));
    if (isFile) {
        said = tr("%1 is a file. Choose another name.").arg(QDir::toNativeSeparators(path));
    } else if (isProject) {
        said = tr("%1 is a project already; it will be opened.").arg(QDir::toNativeSeparators(path));
    } else if (!path.isEmpty() && info.isDir()) {
        said = tr("%1 is there already; the project is made in it, and nothing in it is changed.").arg(QDir::toNativeSeparators(path));
    }
    m_note->setToken(isFile ? Token::Bad : Token::TextQuiet);
    m_note->setText(said);
    m_make->setEnabled(!path.isEmpty() && !isFile);
    m_make->setText(isProject ? tr("Open the project") : tr("Make the project"));
}

void NewProjectDialog::choosePlace()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("project"), tr("Choose the folder that the project is made in"), QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, m_place, &QLineEdit::setText);
    dialog->open();
}

} // namespace luthier::ui
