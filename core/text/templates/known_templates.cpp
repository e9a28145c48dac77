// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/templates/known_templates.h"

#include "core/base/files.h"
#include "core/text/templates/chat_sources.h"
#include "core/text/tokenizers/tokenizer_config.h"

#include <algorithm>

namespace luthier::text {

namespace {

const std::vector<KnownTemplate> kTemplates = {
    {"llama3", "Llama 3", {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
     "{{ bos_token }}"
     "{% for message in messages %}"
     "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
     "{{ message['content'] | trim }}{{ '<|eot_id|>' }}"
     "{% endfor %}"
     "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"},
    {"gemma", "Gemma", {"<start_of_turn>", "<end_of_turn>"},
     "{{ bos_token }}"
     "{% for message in messages %}"
     "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\n' }}"
     "{{ message['content'] | trim }}{{ '<end_of_turn>\n' }}"
     "{% endfor %}"
     "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"},
    {"chatml", "ChatML", {"<|im_start|>", "<|im_end|>"},
     "{% for message in messages %}"
     "{{ '<|im_start|>' + message['role'] + '\n' }}{{ message['content'] }}{{ '<|im_end|>\n' }}"
     "{% endfor %}"
     "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"},
    {"plain", "Plain names", {},
     "{% if bos_token is defined and bos_token %}{{ bos_token }}{% endif %}"
     "{% for message in messages %}"
     "{{ message['role'] | capitalize + ': ' }}{{ message['content'] | trim }}"
     "{% if message['role'] == 'assistant' and eos_token is defined and eos_token %}{{ eos_token }}{% endif %}{{ '\n' }}"
     "{% endfor %}"
     "{% if add_generation_prompt %}{{ 'Assistant: ' }}{% endif %}"},
};

Result<ChatTemplate> parsed(std::string source, const std::filesystem::path& folder)
{
    auto config = readTokenizerConfig(folder);
    return config ? ChatTemplate::parse(std::move(source), std::move(config->specials)) : Result<ChatTemplate>(config.error());
}

} // namespace

std::span<const KnownTemplate> knownTemplates()
{
    return kTemplates;
}

const KnownTemplate* findKnownTemplate(std::string_view id)
{
    const auto found = std::find_if(kTemplates.begin(), kTemplates.end(), [&](const auto& known) { return known.id == id; });
    return found == kTemplates.end() ? nullptr : &*found;
}

const KnownTemplate& templateFor(const Tokenizer& tokenizer)
{
    return *std::find_if(kTemplates.begin(), kTemplates.end(), [&](const KnownTemplate& known) {
        return std::all_of(known.marks.begin(), known.marks.end(),
                           [&](const std::string& mark) { return tokenizer.idOf(mark).has_value(); });
    });
}

Result<ChatTemplate> openKnownTemplate(const KnownTemplate& known, const std::filesystem::path& folder)
{
    return parsed(known.source, folder);
}

Result<ChatTemplate> openTemplateFile(const std::filesystem::path& file, const std::filesystem::path& folder)
{
    auto source = base::readFile(file, kLongestTemplate);
    return source ? parsed(std::move(*source), folder) : Result<ChatTemplate>(source.error());
}

} // namespace luthier::text
