// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/file_dialog.h"

#include "core/base/paths.h"
#include "ui/settings/app_settings.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QUrl>

namespace luthier::ui {
namespace {

QFileDialog* makeDialog(QWidget* parent, const QString& kind, const QString& title, const QStringList& filters, const QString& first)
{
    const QString key = QStringLiteral("folder/") + kind;
    const QString last = AppSettings().text(key, first);
    auto* dialog = new QFileDialog(parent, title, QFileInfo(last).isDir() ? last : QDir::homePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (!filters.isEmpty()) {
        dialog->setNameFilters(filters);
    }
    QList<QUrl> places{QUrl::fromLocalFile(QDir::homePath()),
                       QUrl::fromLocalFile(QStandardPaths::writableLocation(QStandardPaths::DownloadLocation))};
    for (const auto& bundled : {base::datasetsFolder(), base::resourcesFolder() / "models"}) {
        const QString folder = QString::fromStdString(bundled.string());
        if (QFileInfo(folder).isDir()) {
            places += QUrl::fromLocalFile(folder);
        }
    }
    dialog->setSidebarUrls(places);
    QObject::connect(dialog, &QFileDialog::accepted, dialog, [dialog, key] { AppSettings().setText(key, dialog->directory().absolutePath()); });
    return dialog;
}

} // namespace

QFileDialog* openDialog(QWidget* parent, const QString& kind, const QString& title, QFileDialog::FileMode mode, const QStringList& filters, const QString& first)
{
    QFileDialog* dialog = makeDialog(parent, kind, title, filters, first);
    dialog->setFileMode(mode);
    dialog->setOption(QFileDialog::ShowDirsOnly, mode == QFileDialog::Directory);
    return dialog;
}

QFileDialog* saveDialog(QWidget* parent, const QString& kind, const QString& title, const QStringList& filters, const QString& suffix, const QString& first)
{
    QFileDialog* dialog = makeDialog(parent, kind, title, filters, first);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    return dialog;
}

} // namespace luthier::ui
