// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/templates/system_folding.h"

#include <string_view>

namespace luthier::text {

namespace {

// Ends with an expression, behind which no newline of the template is taken away.
constexpr std::string_view kBeginning
    = R"({#- The system's words stand before the question that follows them. -#}
{%- set system_folding = namespace(held='', messages=[]) -%}
{%- for message in messages -%}
{%- set words = message['content'] if message['content'] is string else message['content'] | map(attribute='text') | join('') -%}
{%- if message['role'] in ['system', 'developer'] -%}
{%- set system_folding.held = system_folding.held + ('\n\n' if system_folding.held else '') + words -%}
{%- else -%}
{%- if system_folding.held and message['role'] == 'user' -%}
{%- set system_folding.messages = system_folding.messages + [{'role': 'user', 'content': system_folding.held + '\n\n' + words}] -%}
{%- else -%}
{%- if system_folding.held -%}
{%- set system_folding.messages = system_folding.messages + [{'role': 'user', 'content': system_folding.held}] -%}
{%- endif -%}
{%- set system_folding.messages = system_folding.messages + [message] -%}
{%- endif -%}
{%- set system_folding.held = '' -%}
{%- endif -%}
{%- endfor -%}
{%- if system_folding.held -%}
{%- set system_folding.messages = system_folding.messages + [{'role': 'user', 'content': system_folding.held}] -%}
{%- endif -%}
{%- set messages = system_folding.messages -%}
{{- '' }})";

} // namespace

Result<ChatTemplate> foldingSystem(const ChatTemplate& chatTemplate)
{
    return chatTemplate.source().starts_with(kBeginning) ? Result<ChatTemplate>(chatTemplate) : chatTemplate.withBeginning(kBeginning);
}

} // namespace luthier::text
