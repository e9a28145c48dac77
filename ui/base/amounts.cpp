// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/base/amounts.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace luthier::ui {
namespace {

struct Amounts {
    Q_DECLARE_TR_FUNCTIONS(luthier::ui::Amounts)
};

} // namespace

QString number(std::int64_t count)
{
    return QLocale().toString(static_cast<qlonglong>(count));
}

QString shortCount(double count)
{
    struct Row {
        double size;
        const char* unit;
    };
    static constexpr Row rows[] = {{1e9, "B"}, {1e6, "M"}, {1e3, "k"}};
    for (const Row& row : rows) {
        if (count >= row.size) {
            return QStringLiteral("%1 %2").arg(QLocale().toString(count / row.size, 'f', 1), QLatin1String(row.unit));
        }
    }
    return QLocale().toString(count, 'f', 0);
}

QString byteText(std::int64_t bytes)
{
    return fileSize(static_cast<double>(bytes));
}

QString fileSize(double bytes)
{
    return QLocale().formattedDataSize(static_cast<qint64>(bytes), 1, QLocale::DataSizeSIFormat);
}

QString duration(double seconds)
{
    const auto whole = static_cast<qint64>(std::llround(seconds));
    if (whole < 1 && seconds > 0) {
        return Amounts::tr("%1 ms").arg(std::max<qint64>(1, std::llround(seconds * 1000)));
    }
    if (whole < 60) {
        return Amounts::tr("%1 s").arg(whole);
    }
    if (whole < 3600) {
        return Amounts::tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    }
    return Amounts::tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

QString timeLeft(double seconds)
{
    if (!(seconds >= 0) || !std::isfinite(seconds)) {
        return {};
    }
    constexpr double kMinute = 60;
    return seconds < kMinute ? Amounts::tr("less than a minute left")
           : seconds < 60 * kMinute ? Amounts::tr("%Ln min left", nullptr, static_cast<int>(std::lround(seconds / kMinute)))
                                    : Amounts::tr("%1 h left").arg(QLocale().toString(seconds / (60 * kMinute), 'f', 1));
}

} // namespace luthier::ui
