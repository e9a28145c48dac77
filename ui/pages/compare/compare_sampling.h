// SPDX-License-Identifier: GPL-3.0-or-later
// SamplingForm: the sampling settings as a small form, one row a field of inference::samplingFields().
#pragma once

#include "core/inference/session.h"

#include <QWidget>

namespace luthier::ui {

class SamplingForm : public QWidget {
    Q_OBJECT

public:
    explicit SamplingForm(QWidget* parent = nullptr);

    const inference::Sampling& sampling() const { return m_sampling; }

private:
    QWidget* makeEditor(const fields::Field& field);

    inference::Sampling m_sampling;
};

} // namespace luthier::ui
