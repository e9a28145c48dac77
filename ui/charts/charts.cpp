// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/charts.h"

#include <QCoreApplication>

#include <array>

namespace luthier::ui {

std::span<const ChartSpec> charts()
{
    static constexpr std::array table{
        ChartSpec{"loss", QT_TRANSLATE_NOOP("ChartSpec", "Loss"), QT_TRANSLATE_NOOP("ChartSpec", "nats per token"),
                  [](const train::StepDone& step) { return step.loss; }, true, 4},
        ChartSpec{"learningRate", QT_TRANSLATE_NOOP("ChartSpec", "Learning rate"), "",
                  [](const train::StepDone& step) { return step.learningRate; }, false, 3},
        ChartSpec{"gradNorm", QT_TRANSLATE_NOOP("ChartSpec", "Gradient norm"), "",
                  [](const train::StepDone& step) { return step.gradNorm; }, false, 3},
        ChartSpec{"speed", QT_TRANSLATE_NOOP("ChartSpec", "Speed"), QT_TRANSLATE_NOOP("ChartSpec", "tokens/s"),
                  [](const train::StepDone& step) { return step.tokensPerSecond; }, false, 3},
    };
    return table;
}

} // namespace luthier::ui
