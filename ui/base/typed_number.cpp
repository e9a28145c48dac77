// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/base/typed_number.h"

#include <QLocale>

#include <algorithm>

namespace luthier::ui {

QString plainNumber(const QString& typed)
{
    QString plain = typed.trimmed();
    const auto marks = std::count_if(plain.cbegin(), plain.cend(), [](QChar c) { return c == u'.' || c == u','; });
    plain.replace(u',', u'.');
    bool isNumber = false;
    QLocale::c().toDouble(plain, &isNumber); // knows no spaces and no words
    return isNumber && marks <= 1 ? plain : QString();
}

QString spokenNumber(const QString& plain)
{
    return plainNumber(plain).isEmpty() ? plain : QString(plain).replace(u'.', QLocale().decimalPoint());
}

} // namespace luthier::ui
