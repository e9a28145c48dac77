// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/base_model.h"

#include "core/train/start_point.h"
#include "core/weights/model_folder.h"

namespace luthier::train {

Result<nn::DecoderConfig> baseConfig(const config::ModelSettings& settings)
{
    if (settings.fromScratch) {
        return nn::readDecoderConfig(settings.path);
    }
    auto folder = weights::ModelFolder::open(settings.path);
    return folder ? Result<nn::DecoderConfig>(folder->config()) : Result<nn::DecoderConfig>(folder.error());
}

namespace {

// Of the adapter that the run starts from; one that is not there is told where it is opened.
std::vector<std::filesystem::path> adaptersOf(const config::ModelSettings& settings)
{
    const auto adapter = settings.adapter.empty() ? Result<std::filesystem::path>(Error{}) : adapterAt(settings.adapter);
    return adapter ? std::vector{*adapter} : std::vector<std::filesystem::path>();
}

} // namespace

Result<data::Encoder> readEncoder(const config::RunConfig& config)
{
    auto encoder = data::Encoder::load(config.model.path, config.model.chatTemplate, adaptersOf(config.model));
    if (encoder) {
        encoder->localTime = config.model.templateTime;
    }
    if (encoder && config.data.systemTurns == "first_question") {
        encoder->foldSystem();
    }
    return encoder;
}

void fixTemplateTime(config::ModelSettings& settings)
{
    const auto known = data::Encoder::loadTemplate(settings.path, settings.chatTemplate, adaptersOf(settings));
    if (settings.templateTime.empty() && known && *known && (*known)->isDated()) {
        settings.templateTime = text::ChatTemplate::now();
    }
}

Result<BaseModel> readBaseModel(const config::RunConfig& config)
{
    auto encoder = readEncoder(config);
    auto model = encoder ? baseConfig(config.model) : Result<nn::DecoderConfig>(encoder.error());
    if (!model) {
        return model.error();
    }
    return BaseModel{std::move(*model), std::move(*encoder)};
}

} // namespace luthier::train
