// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewards/json_schema.h"

#include "core/rewards/answer_part.h"
#include "core/text/characters/text_pattern.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

namespace luthier::rewards {

using Node = JsonSchema::Node;
using NodePtr = std::shared_ptr<const Node>;

struct JsonSchema::Node {
    std::optional<bool> all; // true: everything fits; false: nothing
    std::vector<std::string> types;
    std::optional<std::vector<Json>> values; // enum, const
    std::map<std::string, NodePtr> properties;
    std::vector<std::string> required;
    NodePtr others; // additionalProperties
    NodePtr items;
    std::vector<NodePtr> first; // prefixItems
    std::map<std::string, double> bounds; // minimum, minLength, ...
    bool unique = false;
    std::optional<text::TextPattern> pattern;
    std::vector<NodePtr> allOf;
    std::vector<NodePtr> anyOf;
    std::vector<NodePtr> oneOf;
    NodePtr no;
};

namespace {

constexpr int kDeepest = 64;
constexpr std::array kDescriptions{"title", "description", "default", "examples", "$schema", "$id", "$comment", "deprecated", "readOnly", "writeOnly", "format"};
constexpr std::array kBounds{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
                             "minItems", "maxItems", "minProperties", "maxProperties"};
constexpr std::array kTypes{"null", "boolean", "object", "array", "number", "string", "integer"};

template <class List>
bool isAmong(const List& list, const std::string& word)
{
    return std::find(list.begin(), list.end(), word) != list.end();
}

Result<NodePtr> nodeOf(const Json& schema, const std::string& place, int depth);

class Builder {
public:
    Builder(const std::string& place, int depth) : m_place(place), m_depth(depth) {}

    Result<void> take(const std::string& key, const Json& value);
    NodePtr node() { return std::make_shared<const Node>(std::move(m_node)); }

private:
    Error wrong(const std::string& key, const std::string& what) const { return Error{"the schema at " + m_place + "/" + key + " " + what}; }
    Result<void> child(const std::string& key, const Json& value, NodePtr& target)
    {
        auto made = nodeOf(value, m_place + "/" + key, m_depth + 1);
        target = made ? *made : nullptr;
        return made ? Result<void>() : Result<void>(made.error());
    }
    Result<void> children(const std::string& key, const Json& value, std::vector<NodePtr>& target)
    {
        if (!value.is_array() || value.empty()) {
            return wrong(key, "must be a list of schemas");
        }
        for (const Json& each : value) {
            target.emplace_back();
            if (auto made = child(key, each, target.back()); !made) {
                return made;
            }
        }
        return {};
    }
    Result<void> words(const std::string& key, const Json& value, std::vector<std::string>& target)
    {
        const Json list = value.is_string() ? Json::array({value}) : value;
        for (const Json& each : list.is_array() ? list : Json::array({Json()})) {
            if (!each.is_string()) {
                return wrong(key, "must be a list of texts");
            }
            target.push_back(each.get<std::string>());
        }
        return {};
    }
    Result<void> takeTypes(const Json& value);
    Result<void> takeProperties(const Json& value);
    Result<void> takePattern(const Json& value);

    std::string m_place;
    int m_depth;
    Node m_node;
};

Result<void> Builder::takeTypes(const Json& value)
{
    if (auto read = words("type", value, m_node.types); !read) {
        return read;
    }
    for (const std::string& type : m_node.types) {
        if (!isAmong(kTypes, type)) {
            return wrong("type", "is \"" + type + "\", which is no type of JSON");
        }
    }
    return {};
}

Result<void> Builder::takeProperties(const Json& value)
{
    if (!value.is_object()) {
        return wrong("properties", "must be an object");
    }
    for (const auto& [name, each] : value.items()) {
        if (auto made = child("properties/" + name, each, m_node.properties[name]); !made) {
            return made;
        }
    }
    return {};
}

Result<void> Builder::takePattern(const Json& value)
{
    auto pattern = text::TextPattern::compile(value.is_string() ? value.get<std::string>() : std::string(), {.isRegex = true, .isCaseSensitive = true});
    if (!pattern) {
        return wrong("pattern", "is no pattern: " + pattern.message());
    }
    m_node.pattern = *pattern;
    return {};
}

Result<void> Builder::take(const std::string& key, const Json& value)
{
    if (isAmong(kDescriptions, key)) {
        return {};
    }
    if (isAmong(kBounds, key)) {
        if (!value.is_number() || (key == "multipleOf" && value.get<double>() <= 0)) {
            return wrong(key, "must be a number");
        }
        m_node.bounds[key] = value.get<double>();
        return {};
    }
    if (key == "type") {
        return takeTypes(value);
    }
    if (key == "properties") {
        return takeProperties(value);
    }
    if (key == "required") {
        return words(key, value, m_node.required);
    }
    if (key == "pattern") {
        return takePattern(value);
    }
    if (key == "enum" || key == "const") {
        const Json list = key == "const" ? Json::array({value}) : value;
        if (!list.is_array()) {
            return wrong(key, "must be a list");
        }
        m_node.values = std::vector<Json>(list.begin(), list.end());
        return {};
    }
    if (key == "uniqueItems") {
        m_node.unique = value.is_boolean() && value.get<bool>();
        return value.is_boolean() ? Result<void>() : Result<void>(wrong(key, "must be true or false"));
    }
    for (const auto& [name, target] : {std::pair{"items", &Node::items}, {"additionalProperties", &Node::others}, {"not", &Node::no}}) {
        if (key == name) {
            return child(key, value, m_node.*target);
        }
    }
    for (const auto& [name, target] :
         {std::pair{"allOf", &Node::allOf}, {"anyOf", &Node::anyOf}, {"oneOf", &Node::oneOf}, {"prefixItems", &Node::first}}) {
        if (key == name) {
            return children(key, value, m_node.*target);
        }
    }
    return wrong(key, "is not understood here; leave it out");
}

Result<NodePtr> nodeOf(const Json& schema, const std::string& place, int depth)
{
    if (depth > kDeepest) {
        return Error{"the schema is nested more than " + std::to_string(kDeepest) + " deep"};
    }
    if (schema.is_boolean()) {
        Node node;
        node.all = schema.get<bool>();
        return std::make_shared<const Node>(std::move(node));
    }
    if (!schema.is_object()) {
        return Error{"the schema at " + (place.empty() ? "its beginning" : place) + " must be an object, true or false"};
    }
    Builder builder(place, depth);
    for (const auto& [key, value] : schema.items()) {
        if (auto taken = builder.take(key, value); !taken) {
            return taken.error();
        }
    }
    return builder.node();
}

bool isOf(const Json& value, const std::string& type)
{
    if (type == "integer") { // 1.0 is one
        return value.is_number_integer() || (value.is_number() && std::floor(value.get<double>()) == value.get<double>());
    }
    return (type == "null" && value.is_null()) || (type == "boolean" && value.is_boolean()) || (type == "object" && value.is_object())
           || (type == "array" && value.is_array()) || (type == "number" && value.is_number()) || (type == "string" && value.is_string());
}

std::string checkNode(const Node& node, const Json& value, const std::string& place);

std::string told(const Json& value)
{
    std::string text = base::dumpJson(value);
    return text.size() <= 40 ? text : text::replaceInvalid(text.substr(0, 37)) + "...";
}

std::string checkBounds(const Node& node, const Json& value, const std::string& place)
{
    const auto outside = [&](const char* low, const char* high, double size, const std::string& what) -> std::string {
        const auto least = node.bounds.find(low);
        const auto most = node.bounds.find(high);
        if (least != node.bounds.end() && size < least->second) {
            return place + ": " + what + " is below " + shortNumber(least->second);
        }
        return most != node.bounds.end() && size > most->second ? place + ": " + what + " is above " + shortNumber(most->second) : std::string();
    };
    if (value.is_string()) {
        const auto length = text::toCodePoints(value.get_ref<const std::string&>()).size();
        return outside("minLength", "maxLength", static_cast<double>(length), "a length of " + std::to_string(length));
    }
    if (value.is_array() || value.is_object()) {
        return outside(value.is_array() ? "minItems" : "minProperties", value.is_array() ? "maxItems" : "maxProperties",
                       static_cast<double>(value.size()), "a size of " + std::to_string(value.size()));
    }
    if (!value.is_number()) {
        return {};
    }
    const double number = value.get<double>();
    const auto bound = [&](const char* key) { return node.bounds.find(key); };
    if (const auto at = bound("exclusiveMinimum"); at != node.bounds.end() && number <= at->second) {
        return place + ": " + told(value) + " is not above " + shortNumber(at->second);
    }
    if (const auto at = bound("exclusiveMaximum"); at != node.bounds.end() && number >= at->second) {
        return place + ": " + told(value) + " is not below " + shortNumber(at->second);
    }
    if (const auto at = bound("multipleOf"); at != node.bounds.end()) {
        const double times = number / at->second;
        if (std::abs(times - std::round(times)) > 1e-9 * std::max(1.0, std::abs(times))) {
            return place + ": " + told(value) + " is no multiple of " + shortNumber(at->second);
        }
    }
    return outside("minimum", "maximum", number, told(value));
}

std::string checkObject(const Node& node, const Json& value, const std::string& place)
{
    for (const std::string& name : node.required) {
        if (!value.contains(name)) {
            return place + ": \"" + name + "\" is missing";
        }
    }
    for (const auto& [name, each] : value.items()) {
        const auto known = node.properties.find(name);
        const NodePtr& child = known == node.properties.end() ? node.others : known->second;
        if (child && child->all == false) {
            return place + ": \"" + name + "\" may not be there";
        }
        if (std::string fault = child ? checkNode(*child, each, place + "/" + name) : std::string(); !fault.empty()) {
            return fault;
        }
    }
    return {};
}

std::string checkList(const Node& node, const Json& value, const std::string& place)
{
    for (std::size_t i = 0; i < value.size(); ++i) {
        const NodePtr& child = i < node.first.size() ? node.first[i] : node.items;
        if (std::string fault = child ? checkNode(*child, value[i], place + "/" + std::to_string(i)) : std::string(); !fault.empty()) {
            return fault;
        }
        if (node.unique && std::find(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(i), value[i]) != value.begin() + static_cast<std::ptrdiff_t>(i)) {
            return place + ": " + told(value[i]) + " stands there twice";
        }
    }
    return {};
}

std::string checkCombined(const Node& node, const Json& value, const std::string& place)
{
    for (const NodePtr& each : node.allOf) {
        if (std::string fault = checkNode(*each, value, place); !fault.empty()) {
            return fault;
        }
    }
    const auto fitting = [&](const std::vector<NodePtr>& list) {
        return std::count_if(list.begin(), list.end(), [&](const NodePtr& each) { return checkNode(*each, value, place).empty(); });
    };
    if (!node.anyOf.empty() && fitting(node.anyOf) == 0) {
        return place + ": " + told(value) + " fits none of anyOf";
    }
    if (!node.oneOf.empty() && fitting(node.oneOf) != 1) {
        return place + ": " + told(value) + " does not fit exactly one of oneOf";
    }
    return node.no && checkNode(*node.no, value, place).empty() ? place + ": " + told(value) + " fits what it must not" : std::string();
}

std::string checkNode(const Node& node, const Json& value, const std::string& place)
{
    if (node.all) {
        return *node.all ? std::string() : place + ": nothing may stand here";
    }
    if (!node.types.empty() && std::none_of(node.types.begin(), node.types.end(), [&](const std::string& type) { return isOf(value, type); })) {
        return place + ": " + told(value) + " is no " + node.types.front();
    }
    if (node.values && std::find(node.values->begin(), node.values->end(), value) == node.values->end()) {
        return place + ": " + told(value) + " is not among what is allowed";
    }
    if (std::string fault = checkBounds(node, value, place); !fault.empty()) {
        return fault;
    }
    if (node.pattern && value.is_string() && !node.pattern->matches(value.get_ref<const std::string&>())) {
        return place + ": " + told(value) + " does not fit the pattern";
    }
    std::string fault = value.is_object() ? checkObject(node, value, place) : value.is_array() ? checkList(node, value, place) : std::string();
    return fault.empty() ? checkCombined(node, value, place) : fault;
}

} // namespace

Result<JsonSchema> JsonSchema::compile(const Json& schema)
{
    auto root = nodeOf(schema, "", 0);
    return root ? Result<JsonSchema>(JsonSchema(*root)) : Result<JsonSchema>(root.error());
}

std::string JsonSchema::faultOf(const Json& value) const
{
    const std::string fault = checkNode(*m_root, value, "");
    return fault.starts_with(": ") ? fault.substr(2) : fault;
}

} // namespace luthier::rewards
