// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/json_schema.h"

#include "core/text/characters/text_pattern.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace luthier::metrics {

namespace {

constexpr int kDeepest = 64; // of schemas inside of schemas, references followed

constexpr std::array<std::string_view, 35> kKnown{
    "type", "enum", "const", "properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties", "items",
    "prefixItems", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "allOf", "anyOf", "oneOf", "not", "$ref",
    // These refuse nothing.
    "title", "description", "default", "examples", "format", "$schema", "$id", "$comment"};

bool hasType(const Json& value, const std::string& type)
{
    const bool whole = value.is_number_integer() || (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>());
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) || (type == "string" && value.is_string())
           || (type == "boolean" && value.is_boolean()) || (type == "null" && value.is_null()) || (type == "number" && value.is_number())
           || (type == "integer" && whole);
}

Result<text::TextPattern> patternOf(const std::string& pattern)
{
    return text::TextPattern::compile(pattern, {.isRegex = true, .isCaseSensitive = true});
}

// Holds one value against one schema; the first problem ends it.
class Checker {
public:
    explicit Checker(const Json& root) : m_root(root) {}

    std::string check(const Json& schema, const Json& value, const std::string& place, int depth) const
    {
        if (schema.is_boolean()) {
            return schema.get<bool>() ? "" : place + " must not be there";
        }
        if (depth > kDeepest) {
            return place + ": the schema refers to itself without end";
        }
        for (const auto part : {&Checker::reference, &Checker::kind, &Checker::number, &Checker::text, &Checker::list, &Checker::object,
                                &Checker::combined}) {
            if (std::string problem = (this->*part)(schema, value, place, depth); !problem.empty()) {
                return problem;
            }
        }
        return {};
    }

    // The schema that "#/$defs/name" means; null when there is none.
    const Json* find(const std::string& reference) const
    {
        if (reference == "#") {
            return &m_root;
        }
        if (!reference.starts_with("#/")) {
            return nullptr;
        }
        try {
            return &m_root.at(Json::json_pointer(reference.substr(1)));
        } catch (const Json::exception&) {
            return nullptr;
        }
    }

private:
    std::string reference(const Json& schema, const Json& value, const std::string& place, int depth) const
    {
        const auto found = schema.find("$ref");
        return found == schema.end() ? "" : check(*find(found->get<std::string>()), value, place, depth + 1);
    }

    std::string kind(const Json& schema, const Json& value, const std::string& place, int) const
    {
        if (const auto type = schema.find("type"); type != schema.end()) {
            const bool fits = type->is_string() ? hasType(value, type->get<std::string>())
                                                : std::any_of(type->begin(), type->end(),
                                                              [&](const Json& one) { return hasType(value, one.get<std::string>()); });
            if (!fits) {
                return place + " is " + value.type_name() + "; " + base::dumpJson(*type) + " is wanted";
            }
        }
        if (const auto all = schema.find("enum"); all != schema.end() && std::find(all->begin(), all->end(), value) == all->end()) {
            return place + " is none of " + base::dumpJson(*all);
        }
        const auto one = schema.find("const");
        return one == schema.end() || *one == value ? "" : place + " must be " + base::dumpJson(*one);
    }

    std::string number(const Json& schema, const Json& value, const std::string& place, int) const
    {
        if (!value.is_number()) {
            return {};
        }
        const double number = value.get<double>();
        const auto breaks = [&](const char* key, const auto& isBroken) { return schema.contains(key) && isBroken(schema[key].template get<double>()); };
        const bool small = breaks("minimum", [&](double limit) { return number < limit; })
                           || breaks("exclusiveMinimum", [&](double limit) { return number <= limit; });
        const bool large = breaks("maximum", [&](double limit) { return number > limit; })
                           || breaks("exclusiveMaximum", [&](double limit) { return number >= limit; });
        const bool odd = breaks("multipleOf", [&](double step) {
            const double times = number / step;
            return std::abs(times - std::round(times)) > 1e-9;
        });
        return small ? place + " is too small" : large ? place + " is too large" : odd ? place + " is no multiple of what is wanted" : "";
    }

    std::string text(const Json& schema, const Json& value, const std::string& place, int) const
    {
        if (!value.is_string()) {
            return {};
        }
        const auto& string = value.get_ref<const std::string&>();
        if (isOutside(schema, "minLength", "maxLength", luthier::text::toCodePoints(string).size())) {
            return place + " is too short or too long";
        }
        const auto pattern = schema.find("pattern");
        return pattern == schema.end() || patternOf(pattern->get<std::string>())->matches(string) ? "" : place + " does not match the pattern";
    }

    std::string list(const Json& schema, const Json& value, const std::string& place, int depth) const
    {
        if (!value.is_array()) {
            return {};
        }
        if (isOutside(schema, "minItems", "maxItems", value.size())) {
            return place + " has too few or too many items";
        }
        if (schema.value("uniqueItems", false) && std::set<Json>(value.begin(), value.end()).size() != value.size()) {
            return place + " has the same item twice";
        }
        const Json first = schema.value("prefixItems", Json::array());
        const auto items = schema.find("items");
        for (std::size_t i = 0; i < value.size(); ++i) {
            const std::string at = place + "/" + std::to_string(i);
            const std::string problem = i < first.size() ? check(first[i], value[i], at, depth + 1)
                                        : items != schema.end() ? check(*items, value[i], at, depth + 1)
                                                                : "";
            if (!problem.empty()) {
                return problem;
            }
        }
        return {};
    }

    std::string object(const Json& schema, const Json& value, const std::string& place, int depth) const
    {
        if (!value.is_object()) {
            return {};
        }
        if (isOutside(schema, "minProperties", "maxProperties", value.size())) {
            return place + " has too few or too many keys";
        }
        for (const Json& key : schema.value("required", Json::array())) {
            if (!value.contains(key.get<std::string>())) {
                return place + " has no \"" + key.get<std::string>() + "\"";
            }
        }
        for (const auto& [key, member] : value.items()) {
            if (std::string problem = ofMember(schema, key, member, place + "/" + key, depth); !problem.empty()) {
                return problem;
            }
        }
        return {};
    }

    std::string ofMember(const Json& schema, const std::string& key, const Json& member, const std::string& place, int depth) const
    {
        bool isNamed = false;
        std::string problem;
        if (const auto properties = schema.find("properties"); properties != schema.end() && properties->contains(key)) {
            isNamed = true;
            problem = check((*properties)[key], member, place, depth + 1);
        }
        const Json patterns = schema.value("patternProperties", Json::object());
        for (const auto& [pattern, inner] : patterns.items()) {
            if (problem.empty() && patternOf(pattern)->matches(key)) {
                isNamed = true;
                problem = check(inner, member, place, depth + 1);
            }
        }
        const auto others = schema.find("additionalProperties");
        return isNamed || others == schema.end() ? problem : check(*others, member, place, depth + 1);
    }

    std::string combined(const Json& schema, const Json& value, const std::string& place, int depth) const
    {
        const auto fitting = [&](const char* key) {
            return std::count_if(schema[key].begin(), schema[key].end(),
                                 [&](const Json& one) { return check(one, value, place, depth + 1).empty(); });
        };
        if (const auto all = schema.find("allOf"); all != schema.end()) {
            for (const Json& one : *all) {
                if (std::string problem = check(one, value, place, depth + 1); !problem.empty()) {
                    return problem;
                }
            }
        }
        if (schema.contains("anyOf") && fitting("anyOf") == 0) {
            return place + " is none of what is allowed";
        }
        if (schema.contains("oneOf") && fitting("oneOf") != 1) {
            return place + " is not exactly one of what is allowed";
        }
        return schema.contains("not") && check(schema["not"], value, place, depth + 1).empty() ? place + " is what must not be" : "";
    }

    static bool isOutside(const Json& schema, const char* least, const char* most, std::size_t size)
    {
        return (schema.contains(least) && static_cast<double>(size) < schema[least].get<double>())
               || (schema.contains(most) && static_cast<double>(size) > schema[most].get<double>());
    }

    const Json& m_root;
};

// Looks at every schema inside of one before anything is held against it, so that checking needs no doubts.
class Reader {
public:
    explicit Reader(const Json& root) : m_root(root), m_find(root) {}

    std::string read(const Json& schema, const std::string& place, int depth = 0) const
    {
        if (schema.is_boolean()) {
            return {};
        }
        if (!schema.is_object() || depth > kDeepest) {
            return place + ": a schema is an object, or true or false";
        }
        for (const auto& [key, value] : schema.items()) {
            if (std::string problem = readKey(key, value, place + "/" + key, depth); !problem.empty()) {
                return problem;
            }
        }
        return {};
    }

private:
    std::string readKey(const std::string& key, const Json& value, const std::string& place, int depth) const
    {
        const bool holdsSchemas = key == "properties" || key == "patternProperties" || key == "$defs" || key == "definitions";
        const bool listsSchemas = key == "prefixItems" || key == "allOf" || key == "anyOf" || key == "oneOf";
        if (!holdsSchemas && std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end()) {
            return place + ": this keyword is not known here; what it would refuse could not be refused";
        }
        if (key == "items" || key == "additionalProperties" || key == "not") {
            return read(value, place, depth + 1);
        }
        if (holdsSchemas || listsSchemas) {
            return readAll(key, value, place, depth, holdsSchemas);
        }
        return isWellFormed(key, value) ? "" : place + ": its value " + base::dumpJson(value) + " makes no sense here";
    }

    std::string readAll(const std::string& key, const Json& value, const std::string& place, int depth, bool holdsSchemas) const
    {
        if (holdsSchemas ? !value.is_object() : !value.is_array() || value.empty()) {
            return place + ": " + (holdsSchemas ? "an object" : "a list") + " of schemas is wanted";
        }
        for (const auto& [name, inner] : value.items()) {
            if (key == "patternProperties" && !patternOf(name)) {
                return place + ": " + patternOf(name).message();
            }
            if (std::string problem = read(inner, place + "/" + name, depth + 1); !problem.empty()) {
                return problem;
            }
        }
        return {};
    }

    bool isWellFormed(const std::string& key, const Json& value) const
    {
        constexpr std::array<std::string_view, 7> kTypes{"object", "array", "string", "number", "integer", "boolean", "null"};
        const auto isType = [&](const Json& one) {
            return one.is_string() && std::find(kTypes.begin(), kTypes.end(), one.get<std::string>()) != kTypes.end();
        };
        if (key == "type") {
            return isType(value) || (value.is_array() && std::all_of(value.begin(), value.end(), isType));
        }
        if (key == "required") {
            return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& one) { return one.is_string(); });
        }
        if (key == "enum") {
            return value.is_array();
        }
        if (key == "uniqueItems") {
            return value.is_boolean();
        }
        if (key == "pattern") {
            return value.is_string() && patternOf(value.get<std::string>());
        }
        if (key == "$ref") { // to a place that is read itself, whole
            const std::string place = value.is_string() ? value.get<std::string>() : "";
            const auto parent = place.substr(0, place.rfind('/'));
            const bool isRead = place == "#" || parent == "#/$defs" || parent == "#/definitions" || parent == "#/properties";
            return isRead && m_find.find(place) != nullptr;
        }
        if (key == "multipleOf") {
            return value.is_number() && value.get<double>() > 0;
        }
        const bool isLimit = key.starts_with("min") || key.starts_with("max") || key.starts_with("exclusive");
        return !isLimit || value.is_number();
    }

    const Json& m_root;
    Checker m_find;
};

} // namespace

Result<JsonSchema> JsonSchema::parse(std::string_view text)
{
    auto root = base::parseJson(text);
    if (!root) {
        return Error{"the schema is no JSON: " + root.message()};
    }
    if (std::string problem = Reader(*root).read(*root, "schema"); !problem.empty()) {
        return Error{problem};
    }
    return JsonSchema(std::move(*root));
}

std::string JsonSchema::problemOf(const Json& value) const
{
    return Checker(m_root).check(m_root, value, "the value", 0);
}

} // namespace luthier::metrics
