// SPDX-License-Identifier: GPL-3.0-or-later
// A made-up project with everything a page can show: bundled data, two finished runs with curves, probe answers and
// adapters, and a table of several methods. Nothing is trained for it.
#pragma once

#include "core/base/paths.h"
#include "core/config/run_config.h"
#include "core/peft/methods/lora_settings.h"
#include "core/store/project.h"
#include "core/store/shootout_record.h"
#include "tests/support/story.h"

#include <QDir>
#include <QFile>
#include <QString>
#include <QtTest>

namespace luthier::support {

inline void addStory(store::Project& project, const config::RunConfig& config, const std::string& name, double speed, bool withMore = false)
{
    auto row = project.createRun(name, config::toJson(config));
    QVERIFY(row.ok());
    const QString result = QString::fromStdString(row->folder) + QStringLiteral("/adapter");
    const QString source = QStringLiteral(LUTHIER_SOURCE_DIR "/tests/reference/combine/first/");
    QVERIFY(QDir().mkpath(result));
    for (const char* file : {"adapter_config.json", "adapter_model.safetensors"}) {
        QVERIFY(QFile::copy(source + QString::fromLatin1(file), result + u'/' + QString::fromLatin1(file)));
    }
    QVERIFY(project.appendEvents(row->id, storyOfARun(300, speed, result.toStdString(), withMore)).ok());
}

inline void makeWorkshop(const QString& folder)
{
    auto project = store::Project::open(folder.toStdString());
    QVERIFY2(project.ok(), project.ok() ? "" : project.message().c_str());
    config::RunConfig config;
    config.model.path = base::bundledModel().string();
    config.data.train = {(base::datasetsFolder() / "workshop_instructions.jsonl").string()};
    QVERIFY((*project)->addSource(config.data.train.front(), "auto").ok());
    QVERIFY((*project)->setValue("recipe", config::toJson(config)).ok());
    addStory(**project, config, "LoRA 16, workshop_instructions", 0.015, true);
    config.method.of<peft::LoraSettings>().rank = 8;
    config.optimizer.learningRate = 1e-3;
    addStory(**project, config, "smaller and faster", 0.03);
    store::ShootoutRecord record{"2026-05-04T09:30:00.000Z", config::toJson(config), {}};
    record.entries = {{"lora", 1, false, {}}, {"ia3", 2, false, {}}, {"prefix", 0, true, {}}, {"full", 0, false, {}}};
    QVERIFY(store::saveShootout(**project, record).ok());
}

} // namespace luthier::support
