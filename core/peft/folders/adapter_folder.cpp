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

Result<void> checkUse(const AdapterFile& file, const fs::path& folder, AdapterUse use)
{
    const bool holdsValues = file.tensors().find(kScoreBias) != nullptr;
    if (holdsValues && use == AdapterUse::Answers) {
        return Error{folder.string() + ": this is what a run expected of its answers, token by token, and answers nothing; name the adapter of that run, the folder above"};
    }
    return holdsValues || use == AdapterUse::Answers ? Result<void>() : Result<void>(Error{folder.string() + ": these are no values of tokens"});
}

Result<void> attach(nn::Decoder& decoder, const fs::path& folder, double weight, const std::string& baseFingerprint, AdapterUse use)
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
    if (auto fits = checkUse(*file, folder, use); !fits) {
        return fits;
    }
    const std::string type = file->type();
    for (const Method& method : methods()) {
        if (method.open && method.folderType == type) {
            auto opened = method.open(decoder, *file);
            return opened ? takeScoreHead(decoder, folder) : opened;
        }
    }
    return file->problem(type.empty() ? "peft_type is missing; is this an adapter's config?"
                                      : "peft_type \"" + type + "\" cannot be opened; " + kindsOf([](const Method& method) { return method.open != nullptr; }) + " can");
}

Result<void> attachFor(nn::Decoder& decoder, const fs::path& folder, double weight, const std::string& baseFingerprint, AdapterUse use)
{
    try {
        const at::NoGradGuard noGrad;
        return attach(decoder, folder, weight, baseFingerprint, use);
    } catch (const std::exception& problem) {
        return Error{folder.string() + ": cannot open the adapter: " + problem.what()};
    }
}

} // namespace

Result<void> attachAdapter(nn::Decoder& decoder, const fs::path& folder, double weight,
                           const std::string& baseFingerprint)
{
    return attachFor(decoder, folder, weight, baseFingerprint, AdapterUse::Answers);
}

Result<void> continueAdapter(nn::Decoder& decoder, const Method& method, const MethodSettings& settings,
                             const fs::path& folder, const std::string& baseFingerprint, AdapterUse use)
{
    auto file = AdapterFile::open(folder, 1, baseFingerprint);
    if (!file) {
        return file.error();
    }
    if (!method.train || method.folderType != file->type()) {
        return file->problem("the method " + method.id + " cannot go on from peft_type \"" + file->type() + "\"");
    }
    auto attached = attachFor(decoder, folder, 1, baseFingerprint, use);
    return attached ? method.train(decoder, settings) : attached;
}

} // namespace luthier::peft
