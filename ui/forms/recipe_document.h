// SPDX-License-Identifier: GPL-3.0-or-later
// RecipeDocument: the settings of the run to come, as the window edits them: values by "part.key", what is usual,
// and which rules they break. Every change goes through setValue or replace and is told once.
//
// Threads: GUI thread. Touches no files.
#pragma once

#include "core/config/run_config.h"

#include <QObject>
#include <QString>

#include <optional>
#include <vector>

namespace luthier::ui {

struct FieldRef {
    const config::Part* part = nullptr;
    const fields::Field* field = nullptr;
    explicit operator bool() const { return field != nullptr; }
    QString key() const;
};

class RecipeDocument : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    const config::RunConfig& config() const { return m_config; }
    void replace(const config::RunConfig& config);

    static FieldRef find(const QString& key); // "part.key"; empty when there is none
    fields::Value value(const FieldRef& field) const;
    // What a person would usually choose, given the method.
    fields::Value usual(const FieldRef& field) const;
    // Whether the value could be set: type, range, choices.
    Result<void> check(const FieldRef& field, const fields::Value& value) const;
    Result<fields::Value> parse(const FieldRef& field, const QString& text) const;
    Result<void> setValue(const FieldRef& field, const fields::Value& value);

    std::vector<config::BrokenRule> brokenRules() const { return config::brokenRules(m_config); }

Q_SIGNALS:
    void changed(const QString& key); // empty: everything may have

private:
    config::RunConfig m_config;
};

// Settings as a person would start with this method: defaults and the method's own learning rate.
config::RunConfig usualConfig(const std::string& methodKind, const std::string& objectiveKind = "sft");

} // namespace luthier::ui
