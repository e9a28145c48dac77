// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/file_dialogs.h"

#include "core/base/paths.h"
#include "core/data/sources/row_source.h"
#include "ui/settings/app_settings.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QUrl>

namespace luthier::ui {
namespace {

QFileDialog* makeDialog(QWidget* parent, const QString& kind, const QString& title, const QStringList& filters)
{
    const QString key = QStringLiteral("folder/") + kind;
    const QString last = AppSettings().text(key);
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

QFileDialog* openDialog(QWidget* parent, const QString& kind, const QString& title, QFileDialog::FileMode mode, const QStringList& filters)
{
    QFileDialog* dialog = makeDialog(parent, kind, title, filters);
    dialog->setFileMode(mode);
    dialog->setOption(QFileDialog::ShowDirsOnly, mode == QFileDialog::Directory);
    return dialog;
}

QFileDialog* saveDialog(QWidget* parent, const QString& kind, const QString& title, const QStringList& filters, const QString& suffix)
{
    QFileDialog* dialog = makeDialog(parent, kind, title, filters);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    return dialog;
}

QStringList dataFilters()
{
    QStringList patterns;
    for (const std::string& extension : data::sourceExtensions()) {
        patterns += QStringLiteral("*") + QString::fromStdString(extension);
    }
    return {QCoreApplication::translate("FileDialogs", "Data (%1)").arg(patterns.join(u' ')),
            QCoreApplication::translate("FileDialogs", "All files (*)")};
}

} // namespace luthier::ui
