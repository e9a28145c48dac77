// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the table of rules, one function each.
#pragma once

#include "core/rewards/rule.h"

namespace luthier::rewards {

Rule exactRule();      // rule_exact.cpp
Rule numberRule();     // rule_number.cpp
Rule regexRule();      // rule_regex.cpp
Rule jsonSchemaRule(); // rule_json_schema.cpp
Rule lengthRule();     // rule_length.cpp
Rule containsRule();   // rule_contains.cpp
Rule tagsRule();       // rule_tags.cpp
Rule expressionRule(); // rule_expression.cpp

} // namespace luthier::rewards
