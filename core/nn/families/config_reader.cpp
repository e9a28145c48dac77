// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/families/families.h"

#include <cmath>

namespace luthier::nn {

namespace {

std::string shown(const Json& value)
{
    std::string text = base::dumpJson(value);
    return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

// 1e4 rather than 10000.000000.
std::string shown(double value)
{
    return base::dumpJson(Json(value));
}

} // namespace

const Json* ConfigReader::find(const char* key) const
{
    const auto found = m_config.find(key);
    return found == m_config.end() || found->is_null() ? nullptr : &*found;
}

bool ConfigReader::isSwitchedOff(const char* key) const
{
    const auto found = m_config.find(key);
    return found != m_config.end() && found->is_null();
}

void ConfigReader::fail(const std::string& sentence)
{
    if (m_error.message.empty()) {
        m_error.message = sentence;
    }
}

void ConfigReader::wrong(const char* key, const Json& value, const std::string& allowed)
{
    fail(m_where + key + " is " + shown(value) + "; it must be " + allowed);
}

std::int64_t ConfigReader::integer(const char* key, std::int64_t usual, std::int64_t low, std::int64_t high)
{
    const Json* value = find(key);
    if (!value) {
        return usual;
    }
    const std::string allowed = "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
    // 2048.0 is a whole number that some writers leave as a float.
    const bool wholeFloat = value->is_number_float() && std::abs(value->get<double>()) < 9e15
        && std::floor(value->get<double>()) == value->get<double>();
    const bool tooLarge =
        value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(high);
    if ((!value->is_number_integer() && !wholeFloat) || tooLarge) {
        wrong(key, *value, allowed);
        return usual;
    }
    const auto number = value->get<std::int64_t>();
    if (number < low || number > high) {
        wrong(key, *value, allowed);
        return usual;
    }
    return number;
}

double ConfigReader::number(const char* key, double usual, double low, double high)
{
    const Json* value = find(key);
    if (!value) {
        return usual;
    }
    const double number = value->is_number() ? value->get<double>() : std::nan("");
    if (!(number > low && number <= high)) {
        wrong(key, *value, "a number above " + shown(low) + " and at most " + shown(high));
        return usual;
    }
    return number;
}

bool ConfigReader::boolean(const char* key, bool usual)
{
    const Json* value = find(key);
    if (value && !value->is_boolean()) {
        wrong(key, *value, "true or false");
        return usual;
    }
    return value ? value->get<bool>() : usual;
}

std::string ConfigReader::text(const char* key, const std::string& usual)
{
    const Json* value = find(key);
    if (value && !value->is_string()) {
        wrong(key, *value, "a text");
        return usual;
    }
    return value ? value->get<std::string>() : usual;
}

} // namespace luthier::nn
