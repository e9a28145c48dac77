// SPDX-License-Identifier: GPL-3.0-or-later
// JSON schema: 1 when the answer is JSON that a schema describes.
#include "core/base/files.h"
#include "core/metrics/json_schema.h"
#include "core/rewards/answer_part.h"
#include "core/rewards/rules_table.h"

#include <memory>

namespace luthier::rewards {

namespace json_schema_rule {
namespace {

struct SchemaSettings {
    std::string schema = "{}";
    bool fence = true;
    double parsed = 0;
};

const fields::Section& settingsSection()
{
    using fields::field;
    static const auto section = fields::section<RuleSettings, SchemaSettings>({
        field<&SchemaSettings::schema>("schema", "Schema", "A JSON schema, or the file it lies in. Usually {}: any JSON."),
        field<&SchemaSettings::fence>("fence", "In a code block, too", "JSON between ``` lines counts as well. Usually on."),
        field<&SchemaSettings::parsed>("parsed", "For JSON alone", "What JSON earns that the schema does not describe. Usually 0.", {.low = 0, .high = 1}),
    });
    return section;
}

bool isFile(const std::string& schema)
{
    return schema.find_first_of("{[") == std::string::npos && schema != "true" && schema != "false";
}

std::string* file(RuleSettings& all)
{
    std::string& schema = all.of<SchemaSettings>().schema;
    return isFile(schema) ? &schema : nullptr;
}

Result<Json> readSchema(const std::string& text)
{
    return isFile(text) ? base::readJson(text) : base::parseJson(text);
}

// Without the lines of a code block around it.
std::string unfenced(const std::string& text)
{
    const std::size_t line = text.find('\n');
    if (!text.starts_with("```") || line == std::string::npos || !text.ends_with("```") || line + 3 > text.size()) {
        return text;
    }
    return trimmed(std::string_view(text).substr(line + 1, text.size() - line - 4));
}

Result<Judge> make(const RuleSettings& all)
{
    const auto settings = all.of<SchemaSettings>();
    auto json = readSchema(settings.schema);
    if (!json) {
        return Error{"json_schema: the schema: " + json.message()};
    }
    auto schema = metrics::JsonSchema::parse(base::dumpJson(*json));
    if (!schema) {
        return Error{"json_schema: " + schema.message()};
    }
    return Judge([settings, schema = *schema, part = all.of<PartSettings>()](const Answer& answer) -> Verdict {
        const auto said = partOf(answer.text, part);
        if (!said) {
            return {0, missingPart(part)};
        }
        const auto value = base::parseJson(settings.fence ? unfenced(*said) : *said);
        if (!value) {
            return {0, "no JSON: " + value.message()};
        }
        const std::string fault = schema.problemOf(*value);
        return {fault.empty() ? 1.0 : settings.parsed, fault.empty() ? "as the schema says" : fault};
    });
}

} // namespace
} // namespace json_schema_rule

Rule jsonSchemaRule()
{
    return {{"json_schema", "JSON schema", "1 when the answer is JSON that a schema describes.", {&json_schema_rule::settingsSection(), &partSection()}}, false, json_schema_rule::make, json_schema_rule::file};
}

} // namespace luthier::rewards
