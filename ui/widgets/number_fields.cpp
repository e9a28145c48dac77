// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/number_fields.h"

#include <algorithm>

namespace luthier::ui {
namespace {

bool isMark(QChar c)
{
    return c == u'.' || c == u',';
}

QString numberIn(const QString& text, const QAbstractSpinBox& box, const QString& prefix, const QString& suffix)
{
    QString number = text;
    if (!prefix.isEmpty() && number.startsWith(prefix)) {
        number.remove(0, prefix.size());
    }
    if (!suffix.isEmpty() && number.endsWith(suffix)) {
        number.chop(suffix.size());
    }
    return number == box.specialValueText() ? QString() : number;
}

// Either mark becomes the language's own, which the base class reads.
QString withOwnMark(QString text, const QLocale& locale)
{
    for (QChar& c : text) {
        c = isMark(c) ? locale.decimalPoint().at(0) : c;
    }
    return text;
}

} // namespace

QValidator::State WholeField::validate(QString& input, int& position) const
{
    const QString number = numberIn(input, *this, prefix(), suffix());
    return std::any_of(number.cbegin(), number.cend(), isMark) ? QValidator::Invalid : QSpinBox::validate(input, position);
}

QValidator::State RealField::validate(QString& input, int& position) const
{
    const QString number = numberIn(input, *this, prefix(), suffix());
    if (std::count_if(number.cbegin(), number.cend(), isMark) > 1) {
        return QValidator::Invalid;
    }
    const auto at = input.indexOf(number);
    QString mended = number.isEmpty() ? input : input.left(at) + withOwnMark(number, locale()) + input.mid(at + number.size());
    const QValidator::State state = QDoubleSpinBox::validate(mended, position);
    input = mended;
    return state;
}

double RealField::valueFromText(const QString& text) const
{
    const QString number = numberIn(text, *this, prefix(), suffix());
    const auto at = text.indexOf(number);
    return QDoubleSpinBox::valueFromText(number.isEmpty() ? text : text.left(at) + withOwnMark(number, locale()) + text.mid(at + number.size()));
}

} // namespace luthier::ui
