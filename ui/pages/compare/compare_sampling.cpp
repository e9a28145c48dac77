// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_sampling.h"

#include "ui/widgets/number_fields.h"

#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QSpinBox>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace luthier::ui {
namespace {

QString fieldText(const std::string& text) // core's English, translated under one context
{
    return QCoreApplication::translate("Field", text.c_str());
}

int bounded(double value, int fallback)
{
    return std::isfinite(value) ? static_cast<int>(std::clamp(value, -2147483647.0, 2147483647.0)) : fallback;
}

} // namespace

SamplingForm::SamplingForm(QWidget* parent) : QWidget(parent)
{
    m_sampling.maxNew = 128;
    auto* form = new QFormLayout;
    for (const fields::Field& field : inference::samplingFields()) {
        QWidget* editor = makeEditor(field);
        editor->setObjectName(QString::fromStdString(field.key));
        editor->setToolTip(fieldText(field.help));
        editor->setAccessibleName(fieldText(field.label));
        editor->setAccessibleDescription(fieldText(field.help));
        m_editors[field.key] = editor;
        form->addRow(fieldText(field.label), editor);
    }
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addStretch();
}

// `field` is a row of a table that lives as long as the program.
QWidget* SamplingForm::makeEditor(const fields::Field& field)
{
    const fields::Value value = field.get(&m_sampling);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        auto* box = new WholeField;
        box->setRange(bounded(field.range.low, 0), bounded(field.range.high, std::numeric_limits<int>::max()));
        box->setValue(static_cast<int>(*whole));
        connect(box, &QSpinBox::valueChanged, this, [this, &field](int now) {
            field.set(&m_sampling, std::int64_t{now});
            Q_EMIT changed();
        });
        return box;
    }
    if (const auto* real = std::get_if<double>(&value)) {
        auto* box = new RealField;
        box->setDecimals(2);
        box->setSingleStep(0.05);
        const double smallest = field.range.lowOpen ? 0.01 : 0;
        box->setRange(std::isfinite(field.range.low) ? field.range.low + smallest : 0,
                      std::isfinite(field.range.high) ? field.range.high : 1000);
        box->setValue(*real);
        connect(box, &QDoubleSpinBox::valueChanged, this, [this, &field](double now) {
            field.set(&m_sampling, now);
            Q_EMIT changed();
        });
        return box;
    }
    // Lists of texts: one a line would be too tall here, so they stand separated by "|".
    auto* line = new QLineEdit;
    line->setPlaceholderText(tr("none; separate with |"));
    connect(line, &QLineEdit::textChanged, this, [this, &field](const QString& now) {
        std::vector<std::string> texts;
        for (const QString& text : now.split(u'|', Qt::SkipEmptyParts)) {
            texts.push_back(text.toStdString());
        }
        field.set(&m_sampling, texts);
        Q_EMIT changed();
    });
    return line;
}

Json SamplingForm::toJson() const
{
    inference::Sampling copy = m_sampling;
    return fields::Record(&copy, inference::samplingFields()).toJson();
}

void SamplingForm::setJson(const Json& kept)
{
    fields::Record record(&m_sampling, inference::samplingFields());
    for (const fields::Field& field : inference::samplingFields()) {
        if (kept.is_object() && kept.contains(field.key) && record.setFromJson(field, kept[field.key])) {
            showValue(field);
        }
    }
}

void SamplingForm::showValue(const fields::Field& field)
{
    QWidget* editor = m_editors[field.key];
    const QSignalBlocker quiet(editor);
    const fields::Value value = field.get(&m_sampling);
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        static_cast<QSpinBox*>(editor)->setValue(static_cast<int>(*whole));
    } else if (const auto* real = std::get_if<double>(&value)) {
        static_cast<QDoubleSpinBox*>(editor)->setValue(*real);
    } else if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
        QStringList shown;
        for (const std::string& text : *texts) {
            shown += QString::fromStdString(text);
        }
        static_cast<QLineEdit*>(editor)->setText(shown.join(u'|'));
    }
}

} // namespace luthier::ui
