// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/base_model.h"

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

Result<BaseModel> readBaseModel(const config::ModelSettings& settings)
{
    auto encoder = data::Encoder::load(settings.path, settings.chatTemplate);
    auto config = encoder ? baseConfig(settings) : Result<nn::DecoderConfig>(encoder.error());
    if (!config) {
        return config.error();
    }
    return BaseModel{std::move(*config), std::move(*encoder)};
}

} // namespace luthier::train
