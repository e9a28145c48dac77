// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/file_dialogs.h"

#include "core/data/sources/row_source.h"

#include <QCoreApplication>

namespace luthier::ui {

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
