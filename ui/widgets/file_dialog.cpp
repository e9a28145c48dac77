// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/file_dialog.h"

#include "core/base/paths.h"
#include "ui/settings/app_settings.h"
#include "ui/theme/theme.h"

#include <QDir>
#include <QFileInfo>
#include <QHeaderView>
#include <QListView>
#include <QStandardPaths>
#include <QTreeView>
#include <QUrl>

#include <algorithm>

namespace luthier::ui {
namespace {

// Qt's own dialog, where the desktop has none: at a large scale the places and the times were cut.
void giveRoom(QFileDialog* dialog)
{
    if (auto* places = dialog->findChild<QListView*>(QStringLiteral("sidebar"))) {
        places->setMinimumWidth(std::min(places->sizeHintForColumn(0) + 2 * places->frameWidth() + space(2), space(50)));
    }
    if (auto* files = dialog->findChild<QTreeView*>(QStringLiteral("treeView"))) {
        files->header()->setStretchLastSection(false);
        files->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
        files->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    }
}

QFileDialog* makeDialog(QWidget* parent, const QString& kind, const QString& title, const QStringList& filters, const QString& first)
{
    const QString key = QStringLiteral("folder/") + kind;
    const QString last = AppSettings().text(key, first);
    auto* dialog = new QFileDialog(parent, title, QFileInfo(last).isDir() ? last : QDir::homePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (!filters.isEmpty()) {
        dialog->setNameFilters(filters);
    }
    QList<QUrl> places{QUrl::fromLocalFile(QDir::homePath())};
    for (const QString& folder : {QStandardPaths::writableLocation(QStandardPaths::DownloadLocation), QString::fromStdString(base::datasetsFolder().string()),
                                  QString::fromStdString((base::resourcesFolder() / "models").string())}) {
        if (QFileInfo(folder).isDir()) {
            places += QUrl::fromLocalFile(folder);
        }
    }
    dialog->setSidebarUrls(places);
    giveRoom(dialog);
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
