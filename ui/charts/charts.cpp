// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/charts.h"

#include "core/measures/rank_measures.h"
#include "ui/charts/measure_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace luthier::ui {
namespace {

struct ChartRow {
    const char* id;
    const char* title; // English source strings, context "ChartSpec"
    bool isAlways;
};

constexpr std::array kRows{
    ChartRow{"loss", QT_TRANSLATE_NOOP("ChartSpec", "Loss"), true},
    ChartRow{"learningRate", QT_TRANSLATE_NOOP("ChartSpec", "Learning rate"), true},
    ChartRow{"gradNorm", QT_TRANSLATE_NOOP("ChartSpec", "Gradient norm"), true},
    ChartRow{"rewards", QT_TRANSLATE_NOOP("ChartSpec", "Rewards"), false},
    ChartRow{"accuracy", QT_TRANSLATE_NOOP("ChartSpec", "Accuracy"), false},
    ChartRow{"logProbs", QT_TRANSLATE_NOOP("ChartSpec", "Log-probabilities"), false},
    ChartRow{"meanLogProbs", QT_TRANSLATE_NOOP("ChartSpec", "Log-probabilities a token"), false},
    ChartRow{"nll", QT_TRANSLATE_NOOP("ChartSpec", "Loss of the chosen answers"), false},
    ChartRow{"logOdds", QT_TRANSLATE_NOOP("ChartSpec", "Log odds ratio"), false},
    ChartRow{"kl", QT_TRANSLATE_NOOP("ChartSpec", "KL"), false},
    ChartRow{"entropy", QT_TRANSLATE_NOOP("ChartSpec", "Entropy"), false},
    ChartRow{"answerTokens", QT_TRANSLATE_NOOP("ChartSpec", "Length of answers"), false},
    ChartRow{"valueLoss", QT_TRANSLATE_NOOP("ChartSpec", "Value loss"), false},
    ChartRow{"explainedVariance", QT_TRANSLATE_NOOP("ChartSpec", "Explained variance"), false},
    ChartRow{"waitShare", QT_TRANSLATE_NOOP("ChartSpec", "Waiting for other processes"), false},
    ChartRow{"rankSpeed", QT_TRANSLATE_NOOP("ChartSpec", "Speed of each process"), false},
    ChartRow{"rankMemory", QT_TRANSLATE_NOOP("ChartSpec", "Memory of each process"), false},
    ChartRow{"rankWait", QT_TRANSLATE_NOOP("ChartSpec", "Waiting of each process"), false},
    ChartRow{"speed", QT_TRANSLATE_NOOP("ChartSpec", "Speed"), true},
};

} // namespace

bool ChartSpec::draws(const measures::Measure& measure) const
{
    return std::find(measures.begin(), measures.end(), &measure) != measures.end();
}

std::vector<ChartSpec> charts()
{
    std::vector<ChartSpec> all;
    for (const ChartRow& row : kRows) {
        ChartSpec spec{QString::fromLatin1(row.id), QCoreApplication::translate("ChartSpec", row.title), {}, row.isAlways};
        for (const measures::Measure& measure : measures::table()) {
            if (std::string_view(measure.chart) == row.id && measure.drawing != measures::Drawing::None) {
                spec.measures.push_back(&measure);
            }
        }
        for (const measures::Measure& kind : measures::rankTable()) {
            for (int rank = 0; std::string_view(kind.chart) == row.id && rank < measures::kRanksTold; ++rank) {
                spec.measures.push_back(&measures::ofRank(kind, rank));
            }
        }
        if (!spec.measures.empty()) {
            all.push_back(std::move(spec));
        }
    }
    return all;
}

ChartSpec chartOf(const measures::Measure& measure)
{
    for (const ChartSpec& spec : charts()) {
        if (spec.draws(measure)) {
            return spec;
        }
    }
    return {QString::fromUtf8(measure.id.data(), static_cast<qsizetype>(measure.id.size())), asTitle(measureLabel(measure)), {&measure}, false};
}

} // namespace luthier::ui
