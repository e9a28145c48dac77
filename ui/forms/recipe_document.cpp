// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/recipe_document.h"

#include "core/config/usual_rate.h"

#include "core/peft/methods/method.h"

#include <QCoreApplication>

namespace luthier::ui {
namespace {

fields::Record recordOf(config::RunConfig& config, const FieldRef& field)
{
    return config::recordOf(config, *field.part);
}

// Core names the setting as files and flags do; a form as its label does.
Error byLabel(const FieldRef& field, const Error& error)
{
    const std::string key = field.field->key + ": ";
    return error.message.starts_with(key)
               ? Error{QCoreApplication::translate("Field", field.field->label.c_str()).toStdString() + ": " + error.message.substr(key.size())}
               : error;
}

} // namespace

QString FieldRef::key() const
{
    return field == nullptr ? QString() : QString::fromStdString(part->key + "." + field->key);
}

void RecipeDocument::replace(const config::RunConfig& config)
{
    m_config = config;
    Q_EMIT changed({});
}

FieldRef RecipeDocument::find(const QString& key)
{
    for (const config::Part& part : config::parts()) {
        for (const fields::Field& field : part.fields) {
            if (key == QString::fromStdString(part.key + "." + field.key)) {
                return {&part, &field};
            }
        }
    }
    return {};
}

fields::Value RecipeDocument::value(const FieldRef& field) const
{
    config::RunConfig copy = m_config;
    return recordOf(copy, field).get(*field.field);
}

fields::Value RecipeDocument::usual(const FieldRef& field) const
{
    config::RunConfig usual = usualConfig(m_config.method.kind, m_config.objective.kind);
    return recordOf(usual, field).get(*field.field);
}

Result<void> RecipeDocument::check(const FieldRef& field, const fields::Value& value) const
{
    config::RunConfig copy = m_config;
    const Result<void> set = recordOf(copy, field).set(*field.field, value);
    return set ? set : byLabel(field, set.error());
}

Result<fields::Value> RecipeDocument::parse(const FieldRef& field, const QString& text) const
{
    config::RunConfig copy = m_config;
    fields::Record record = recordOf(copy, field);
    if (Result<void> set = record.setFromText(*field.field, text.trimmed().toStdString()); !set) {
        return byLabel(field, set.error());
    }
    return record.get(*field.field);
}

Result<void> RecipeDocument::setValue(const FieldRef& field, const fields::Value& value)
{
    Result<void> set = recordOf(m_config, field).set(*field.field, value);
    if (set) {
        Q_EMIT changed(field.key());
    }
    return set;
}

config::RunConfig usualConfig(const std::string& methodKind, const std::string& objectiveKind)
{
    config::RunConfig usual;
    usual.method.kind = methodKind;
    usual.optimizer.learningRate = config::usualRate(methodKind, objectiveKind);
    return usual;
}

} // namespace luthier::ui
