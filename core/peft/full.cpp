// SPDX-License-Identifier: GPL-3.0-or-later
// Full tuning: every base weight is a leaf; the result is a whole model folder.
#include "core/peft/method.h"

#include "core/nn/decoder.h"
#include "core/weights/load.h"

namespace luthier::peft {

namespace {

Result<void> attach(nn::Decoder& decoder, const config::MethodSettings&, std::uint64_t)
{
    decoder.setBaseTrainable(true);
    return {};
}

std::vector<nn::NamedTensor> trainable(nn::Decoder& decoder)
{
    return decoder.baseLeaves();
}

Result<void> save(nn::Decoder& decoder, const config::MethodSettings&, const std::filesystem::path& baseFolder,
                  const std::filesystem::path& target)
{
    return weights::saveModelFolder(decoder, baseFolder, target, decoder.dtype());
}

} // namespace

Method fullMethod()
{
    return {"full",
            "All weights",
            "Trains every weight: the most freedom, for much data or a new language. Needs about four times the "
            "memory of the model and writes a whole model.",
            {},
            false,
            2e-5,
            attach,
            trainable,
            save};
}

} // namespace luthier::peft
