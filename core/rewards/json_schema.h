// SPDX-License-Identifier: GPL-3.0-or-later
// JsonSchema: whether a value is as a JSON Schema (2020-12) says. What is known: type, enum, const, properties, required,
// additionalProperties, minProperties, maxProperties, items, prefixItems, minItems, maxItems, uniqueItems, minLength,
// maxLength, pattern, minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, anyOf, oneOf, allOf, not, and what
// only describes (title, description, default, examples, $schema, $id, $comment). Any other keyword is an error, so that none
// is passed over.
//
// Threads: constant once compiled.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <memory>
#include <string>

namespace luthier::rewards {

class JsonSchema {
public:
    static Result<JsonSchema> compile(const Json& schema);

    // Empty: it fits. Else where and why: "/price: 3 is below 5".
    std::string faultOf(const Json& value) const;

    struct Node;

private:
    explicit JsonSchema(std::shared_ptr<const Node> root) : m_root(std::move(root)) {}

    std::shared_ptr<const Node> m_root;
};

} // namespace luthier::rewards
