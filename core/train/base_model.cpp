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

Result<data::Encoder> encoderOf(const config::ModelSettings& settings)
{
    std::vector<std::filesystem::path> adapters;
    if (const auto adapter = settings.adapter.empty() ? Result<std::filesystem::path>(Error{}) : adapterAt(settings.adapter)) {
        adapters.push_back(*adapter); // one that is not there is told where it is opened
    }
    return data::Encoder::load(settings.path, settings.chatTemplate, adapters);
}

Result<BaseModel> readBaseModel(const config::ModelSettings& settings)
{
    auto encoder = encoderOf(settings);
    auto config = encoder ? baseConfig(settings) : Result<nn::DecoderConfig>(encoder.error());
    if (!config) {
        return config.error();
    }
    return BaseModel{std::move(*config), std::move(*encoder)};
}

} // namespace luthier::train
