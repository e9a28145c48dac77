// SPDX-License-Identifier: GPL-3.0-or-later
// JsonSchema: the part of JSON Schema (draft 2020-12) that describes answers: type, enum, const, properties, required,
// additionalProperties, patternProperties, min and maxProperties, items, prefixItems, min and maxItems, uniqueItems, min and maxLength,
// pattern, minimum, maximum, their exclusive forms, multipleOf, allOf, anyOf, oneOf, not, and $ref to "#" or one of the schema's "#/$defs/",
// "#/definitions/" and "#/properties/".
// Another keyword that would refuse something is an error when the schema is read, never ignored; those that only tell something
// (title, description, default, examples, format, $schema, $id, $defs, $comment) are passed over.
//
// Threads: any; constant once parsed.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <string>
#include <string_view>

namespace luthier::metrics {

class JsonSchema {
public:
    static Result<JsonSchema> parse(std::string_view text);

    // Why the value is not as the schema wants it, with its place; empty when it is.
    std::string problemOf(const Json& value) const;

private:
    explicit JsonSchema(Json root) : m_root(std::move(root)) {}

    Json m_root;
};

} // namespace luthier::metrics
