// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/measure_text.h"

#include "core/measures/rank_measures.h"
#include "ui/base/amounts.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

namespace luthier::ui {
namespace {

QString told(const char* source, const char* context = "Measure")
{
    return QCoreApplication::translate(context, source);
}

QString textOf(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

} // namespace

QString measureLabel(const measures::Measure& measure)
{
    if (const auto ofRank = measures::rankMeasureOf(measure.id)) {
        //: one of several processes that train together: its number, and what it measured
        return told(QT_TRANSLATE_NOOP("Measure", "rank %1 %2")).arg(ofRank->rank).arg(told(ofRank->kind->label));
    }
    return measures::isKnown(measure) ? told(measure.label) : textOf(measure.id);
}

QString setName(std::string_view set)
{
    return set == measures::kStepSet      ? told(QT_TRANSLATE_NOOP("Measure", "training"))
           : set == measures::kHeldOutSet ? told(QT_TRANSLATE_NOOP("Measure", "held-out"))
                                          : textOf(set);
}

QString measureName(const measures::Measure& measure, std::string_view set)
{
    //: a set of rows and what was measured on it: "held-out loss"
    return set == measures::kStepSet ? measureLabel(measure)
                                     : told(QT_TRANSLATE_NOOP("Measure", "%1 %2")).arg(setName(set), measureLabel(measure));
}

QString measureHelp(const measures::Measure& measure)
{
    if (!measures::isKnown(measure) && !measures::rankMeasureOf(measure.id)) {
        return told(QT_TRANSLATE_NOOP("Measure", "This Luthier does not know the measure; the one that wrote it does"));
    }
    QString text = told(measure.help);
    if (measure.unit[0] != '\0') {
        //: what a measure is, its unit
        text = told(QT_TRANSLATE_NOOP("Measure", "%1, in %2")).arg(text, told(measure.unit));
    }
    switch (measure.better) {
    case measures::Better::Lower:
        return text + told(QT_TRANSLATE_NOOP("Measure", "; lower is better"));
    case measures::Better::Higher:
        return text + told(QT_TRANSLATE_NOOP("Measure", "; higher is better"));
    case measures::Better::Neither:
        break;
    }
    return text;
}

QString asTitle(QString text)
{
    return text.isEmpty() ? text : text.at(0).toUpper() + text.mid(1);
}

QString measureText(const measures::Measure& measure, double value)
{
    return QLocale().toString(value, measures::isPlain(measure, value) ? 'f' : 'g', measure.digits);
}

QString changeText(const measures::Summary* summary, std::int64_t end)
{
    if (summary == nullptr) {
        return QStringLiteral("\u2013");
    }
    QString last = measureText(*summary->measure, summary->last);
    if (summary->lastStep < end) {
        //: a measured value and when it was measured; the run went on after it
        last = QCoreApplication::translate("Measure", "%1 at step %2").arg(last, number(summary->lastStep));
    }
    return summary->before() ? QStringLiteral("%1 \u2192 %2").arg(measureText(*summary->measure, *summary->before()), last) : last;
}

} // namespace luthier::ui
