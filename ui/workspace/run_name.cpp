// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workspace/run_name.h"

#include "core/peft/methods/lora_settings.h"
#include "ui/workspace/run_controller.h"

#include <QFileInfo>

namespace luthier::ui {

std::string runNameOf(const config::RunConfig& config)
{
    if (!config.run.name.empty()) {
        return config.run.name;
    }
    const QString data = config.data.train.empty() ? QString()
                                                   : QFileInfo(QString::fromStdString(config.data.train.front())).completeBaseName();
    const QString method = config.method.kind == "lora"
                               ? RunController::tr("LoRA %1").arg(config.method.of<peft::LoraSettings>().rank)
                               : config.method.kind == "full" ? RunController::tr("Full") : QString::fromStdString(config.method.kind);
    //: a run's name: method, data file
    return RunController::tr("%1, %2").arg(method, data).toStdString();
}

} // namespace luthier::ui
