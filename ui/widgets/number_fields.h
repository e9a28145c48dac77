// SPDX-License-Identifier: GPL-3.0-or-later
// WholeField and RealField: spin boxes that take numbers as ui/base/typed_number.h says: a point or a comma before the
// decimals, digits never grouped. A key that would make something else is refused.
// Threads: GUI thread.
#pragma once

#include <QDoubleSpinBox>
#include <QSpinBox>

namespace luthier::ui {

class WholeField : public QSpinBox {
    Q_OBJECT

public:
    using QSpinBox::QSpinBox;

    QValidator::State validate(QString& input, int& position) const override;
};

class RealField : public QDoubleSpinBox {
    Q_OBJECT

public:
    using QDoubleSpinBox::QDoubleSpinBox;

    QValidator::State validate(QString& input, int& position) const override;
    double valueFromText(const QString& text) const override;
};

} // namespace luthier::ui
