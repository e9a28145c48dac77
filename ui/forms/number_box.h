// SPDX-License-Identifier: GPL-3.0-or-later
// NumberBox: a spin box that keeps what was typed: "2e-5", "1e4", "0.5" and "0,5" are all numbers; one that groups its
// digits is none, since "0,001" cannot be told from it.
// Whole numbers step by one, others by 1-2-5 of their own size. Range is the form's business, which says
// in place what is wrong instead of refusing keys.
// Threads: GUI thread.
#pragma once

#include <QAbstractSpinBox>

namespace luthier::ui {

class NumberBox : public QAbstractSpinBox {
    Q_OBJECT

public:
    enum class Kind { Whole, Real };

    explicit NumberBox(Kind kind, QWidget* parent = nullptr);

    void setLimits(double low, double high) { m_low = low; m_high = high; }
    // The number in the C locale, as settings write it. Setting does not emit.
    void setText(const QString& text);
    QString text() const;

    void stepBy(int steps) override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    QValidator::State validate(QString& input, int& position) const override { return QValidator::Acceptable; }

Q_SIGNALS:
    void edited(const QString& text); // typed or stepped

protected:
    StepEnabled stepEnabled() const override { return StepUpEnabled | StepDownEnabled; }
    void wheelEvent(QWheelEvent* event) override;

private:
    Kind m_kind;
    double m_low;
    double m_high;
};

// "2e-05" as a person writes it: "2e-5".
QString tidyNumber(QString text);

} // namespace luthier::ui
