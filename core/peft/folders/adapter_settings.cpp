// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/adapter_settings.h"

#include "core/gguf/file.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/methods/method.h"
#include "core/peft/folders/trained_on.h"

namespace luthier::peft {

Result<AdapterSettings> readAdapterSettings(const std::filesystem::path& adapter)
{
    if (gguf::isGguf(adapter)) {
        return Error{adapter.string() + ": a GGUF adapter does not say what it was made with, so its training cannot go on; fold "
                     "it into the base first (model.adapter_merge)"};
    }
    auto file = AdapterFile::open(adapter, 1, {});
    auto held = file ? readTrainedOn({adapter}) : Result<std::optional<quant::Quantisation>>(file.error());
    if (!held) {
        return held.error();
    }
    // Of two rows that write the same kind of folder, the one that holds the base as it was held.
    const Method* found = nullptr;
    for (const Method& method : methods()) {
        if (method.settingsOf && method.folderType == file->type() && (!found || method.quantization.empty() != held->has_value())) {
            found = &method;
        }
    }
    if (!found) {
        return file->problem("training cannot go on from peft_type \"" + file->type() + "\"; it can from "
                             + kindsOf([](const Method& method) { return method.settingsOf != nullptr; }));
    }
    auto settings = found->settingsOf(*file);
    if (!settings) {
        return settings.error();
    }
    return AdapterSettings{found->id, found->folderType, std::move(*settings), *held};
}

} // namespace luthier::peft
