// SPDX-License-Identifier: GPL-3.0-or-later
// SamplingForm: the sampling settings as a small form, one row a field of inference::samplingFields().
// Threads: GUI thread.
#pragma once

#include "core/inference/session.h"

#include "core/fields/record.h"

#include <QWidget>

#include <map>
#include <string>

namespace luthier::ui {

class SamplingForm : public QWidget {
    Q_OBJECT

public:
    explicit SamplingForm(QWidget* parent = nullptr);

    const inference::Sampling& sampling() const { return m_sampling; }
    Json toJson() const;             // by the fields' keys
    void setJson(const Json& kept);  // what is not allowed, or is no longer a setting, is passed over

Q_SIGNALS:
    void changed();

private:
    QWidget* makeEditor(const fields::Field& field);
    void showValue(const fields::Field& field);

    inference::Sampling m_sampling;
    std::map<std::string, QWidget*> m_editors; // by key
};

} // namespace luthier::ui
