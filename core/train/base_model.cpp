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

Result<data::Encoder> readEncoder(const config::ModelSettings& settings)
{
    std::vector<std::filesystem::path> adapters;
    if (const auto adapter = settings.adapter.empty() ? Result<std::filesystem::path>(Error{}) : adapterAt(settings.adapter)) {
        adapters.push_back(*adapter); // one that is not there is told where it is opened
    }
    auto encoder = data::Encoder::load(settings.path, settings.chatTemplate, adapters);
    if (encoder) {
        encoder->localTime = settings.templateTime;
    }
    return encoder;
}

void fixTemplateTime(config::ModelSettings& settings)
{
    const auto known = data::Encoder::loadTemplate(settings.path, settings.chatTemplate);
    if (settings.templateTime.empty() && known && *known && (*known)->isDated()) {
        settings.templateTime = text::ChatTemplate::now();
    }
}

Result<BaseModel> readBaseModel(const config::ModelSettings& settings)
{
    auto encoder = readEncoder(settings);
    auto config = encoder ? baseConfig(settings) : Result<nn::DecoderConfig>(encoder.error());
    if (!config) {
        return config.error();
    }
    return BaseModel{std::move(*config), std::move(*encoder)};
}

} // namespace luthier::train
