// SPDX-License-Identifier: GPL-3.0-or-later
// Facts for the Tune page, read from disk by jobs: what a model folder holds, how many rows a file has, and what
// follows from a configuration by arithmetic alone.
//
// Threads: any.
#pragma once

#include "core/base/cancel.h"
#include "core/config/run_config.h"
#include "core/nn/families/decoder_config.h"
#include "core/store/project.h"

#include <QString>

#include <optional>
#include <vector>

namespace luthier::ui {

struct ModelFacts {
    QString folder;
    QString name;
    nn::DecoderConfig config;
    std::int64_t weightBytes = 0; // of the safetensors files; 0: none there
    QString problem;              // empty: readable
};
ModelFacts readModelFacts(const QString& folder);

struct SourceFacts {
    QString path;
    std::int64_t rows = -1; // -1: not counted
    QString format;
    QString problem;
};
// As the project reads it.
SourceFacts readSourceFacts(store::Project* project, const QString& path, const base::CancelToken& cancel);

// Seconds of one optimizer step, from the newest run like this one; nullopt: none.
std::optional<double> secondsPerStep(const std::vector<store::RunRow>& runs, const config::RunConfig& config);

} // namespace luthier::ui
