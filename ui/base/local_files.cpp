// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/base/local_files.h"

#include <QMimeData>
#include <QUrl>

namespace luthier::ui {

QStringList localFiles(const QMimeData* data)
{
    QStringList paths;
    for (const QUrl& url : data == nullptr ? QList<QUrl>() : data->urls()) {
        if (url.isLocalFile()) {
            paths += url.toLocalFile();
        }
    }
    return paths;
}

} // namespace luthier::ui
