// SPDX-License-Identifier: GPL-3.0-or-later
// Row: what a row of a table of choices (a method, an objective, an optimizer) says of itself to forms, files, flags and
// checks. The table's own struct derives from it and adds what the row does.
#pragma once

#include "core/fields/sections.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::fields {

// All settings of a run by "part.key", as rules see them. A key that there is not, or one of another type, is a mistake
// of the rule and throws std::logic_error.
class SettingsView {
public:
    virtual ~SettingsView() = default;
    virtual Value at(std::string_view key) const = 0;

    bool isOn(std::string_view key) const;
    std::string text(std::string_view key) const;
    double number(std::string_view key) const; // whole or not
    std::vector<std::string> list(std::string_view key) const;
};

// A rule between settings, asked while its row is chosen.
struct Rule {
    std::vector<std::string> keys; // "part.key" of those that are to blame: there the sentence stands in a form
    std::string sentence;
    bool (*isBroken)(const SettingsView& run) = nullptr;
};

struct Row {
    std::string id;    // stored, never translated
    std::string label; // English source string, translated by the window
    std::string help;  // when to choose it
    std::vector<const Section*> settings = {}; // in the order of the form
    std::vector<Rule> rules = {};

    bool has(std::string_view key) const; // among its settings
    std::vector<std::string> keys() const;
};

// The settings of all rows, each section once.
template <class Rows>
std::vector<Field> fieldsOf(const Rows& rows)
{
    std::vector<Field> all;
    std::vector<const Section*> seen;
    for (const Row& row : rows) {
        for (const Section* section : row.settings) {
            bool isNew = true;
            for (const Section* other : seen) {
                isNew = isNew && other != section;
            }
            if (isNew) {
                seen.push_back(section);
                all.insert(all.end(), section->fields.begin(), section->fields.end());
            }
        }
    }
    return all;
}

template <class Rows>
std::vector<const Row*> rowsOf(const Rows& table)
{
    std::vector<const Row*> rows;
    for (const Row& row : table) {
        rows.push_back(&row);
    }
    return rows;
}

template <class Rows>
std::vector<Choice> choicesOf(const Rows& table)
{
    std::vector<Choice> choices;
    for (const Row& row : table) {
        choices.push_back({row.id, row.label});
    }
    return choices;
}

} // namespace luthier::fields
