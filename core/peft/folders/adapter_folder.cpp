// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/adapter_folder.h"

#include "core/gguf/file.h"
#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_file.h"
#include "core/peft/folders/lora_gguf.h"
#include "core/peft/methods/method.h"
#include "core/peft/folders/score_folder.h"

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

namespace luthier::peft {

namespace fs = std::filesystem;

namespace {

Result<void> takeScoreHead(nn::Decoder& decoder, const fs::path& folder)
{
    auto head = readScoreHead(folder);
    if (!head || !head->exists()) {
        return head ? Result<void>() : Result<void>(head.error());
    }
    if (head->weight.size(1) != decoder.config().hidden) {
        return Error{folder.string() + ": its head reads " + std::to_string(head->weight.size(1)) + " numbers a token, the model gives "
                     + std::to_string(decoder.config().hidden) + "; the adapter belongs to another model"};
    }
    decoder.setScoreHead({head->weight.to(decoder.device()), head->labels});
    return {};
}

Result<void> attach(nn::Decoder& decoder, const fs::path& folder, double weight, const std::string& baseFingerprint)
{
    if (gguf::isGguf(folder)) {
        return carriesMoreThanLora(decoder)
                   ? Result<void>(Error{folder.string() + ": the model carries an adapter already that no other can be added to"})
                   : openLoraGguf(decoder, folder, weight, baseFingerprint);
    }
    auto file = AdapterFile::open(folder, weight, baseFingerprint);
    if (!file) {
        return file.error();
    }
    if (carriesMoreThanLora(decoder)) {
        return file->problem("the model carries an adapter already that no other can be added to");
    }
    const std::string type = file->type();
    std::string known;
    for (const Method& method : methods()) {
        if (method.open && method.folderType == type) {
            auto opened = method.open(decoder, *file);
            return opened ? takeScoreHead(decoder, folder) : opened;
        }
        known += method.open ? (known.empty() ? "" : ", ") + method.folderType : "";
    }
    return file->problem(type.empty() ? "peft_type is missing; is this an adapter's config?"
                                      : "peft_type \"" + type + "\" cannot be opened; " + known + " can");
}

} // namespace

Result<void> attachAdapter(nn::Decoder& decoder, const fs::path& folder, double weight,
                           const std::string& baseFingerprint)
{
    try {
        const at::NoGradGuard noGrad;
        return attach(decoder, folder, weight, baseFingerprint);
    } catch (const std::exception& problem) {
        return Error{folder.string() + ": cannot open the adapter: " + problem.what()};
    }
}

Result<void> continueAdapter(nn::Decoder& decoder, const Method& method, const MethodSettings& settings,
                             const fs::path& folder, const std::string& baseFingerprint)
{
    auto file = AdapterFile::open(folder, 1, baseFingerprint);
    if (!file) {
        return file.error();
    }
    if (!method.train || method.folderType != file->type()) {
        return file->problem("the method " + method.id + " cannot go on from peft_type \"" + file->type() + "\"");
    }
    auto attached = attachAdapter(decoder, folder, 1, baseFingerprint);
    return attached ? method.train(decoder, settings) : attached;
}

} // namespace luthier::peft
