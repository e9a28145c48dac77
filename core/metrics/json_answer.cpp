// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/json_answer.h"

#include "core/metrics/json_schema.h"
#include "core/metrics/row_sums.h"
#include "core/metrics/words.h"

namespace luthier::metrics {

namespace {

constexpr std::string_view kFence = "```";

// The inside of the first code block that is closed, without the line that names its language.
std::optional<std::string_view> fenced(std::string_view answer)
{
    const auto open = answer.find(kFence);
    const auto line = open == std::string_view::npos ? open : answer.find('\n', open);
    const auto close = line == std::string_view::npos ? line : answer.find(kFence, line);
    return close == std::string_view::npos ? std::nullopt : std::optional(answer.substr(line + 1, close - line - 1));
}

std::optional<std::string_view> bracketed(std::string_view answer)
{
    const auto first = answer.find_first_of("{[");
    const auto last = first == std::string_view::npos ? first : answer.rfind(answer[first] == '{' ? '}' : ']');
    return last == std::string_view::npos || last < first ? std::nullopt : std::optional(answer.substr(first, last + 1 - first));
}

double isJson(const std::optional<Json>& value)
{
    return value ? 1 : 0;
}

} // namespace

std::optional<Json> strictJson(std::string_view answer)
{
    auto parsed = base::parseJson(trimmed(answer));
    return parsed ? std::optional<Json>(std::move(*parsed)) : std::nullopt;
}

std::optional<Json> lenientJson(std::string_view answer)
{
    for (const auto& part : {std::optional(answer), fenced(answer), bracketed(answer)}) {
        if (auto found = part ? strictJson(*part) : std::nullopt) {
            return found;
        }
    }
    return std::nullopt;
}

Measured jsonStrict(Rows rows, const MetricSettings&)
{
    return meanOfRows(rows, [](const ScoredRow& row) { return isJson(strictJson(row.prediction)); });
}

Measured jsonLenient(Rows rows, const MetricSettings&)
{
    return meanOfRows(rows, [](const ScoredRow& row) { return isJson(lenientJson(row.prediction)); });
}

Measured schemaValid(Rows rows, const MetricSettings& settings)
{
    if (settings.schema.empty()) {
        return Error{"schema_valid needs a JSON Schema; give it with --schema FILE.json"};
    }
    const auto schema = JsonSchema::parse(settings.schema);
    if (!schema) {
        return schema.error();
    }
    return meanOfRows(rows, [&](const ScoredRow& row) {
        const auto value = strictJson(row.prediction);
        return value && schema->problemOf(*value).empty() ? 1.0 : 0.0;
    });
}

} // namespace luthier::metrics
